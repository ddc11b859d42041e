import type { Pipeline } from '@penstock/events';
import {
  committedOffsets,
  KafkaError,
  TransactionError,
  type Cluster,
  type CommittedOffset,
  type TxnSession,
} from '@penstock/kafka';
import type { Log } from '@penstock/service';
import { countFix, countTally, type FilterMetrics } from '../metrics.ts';
import { isPassing } from '../position/passing-errors.ts';
import type { PartitionLane } from '../partition/owned-partition.ts';
import { writePositionMetadata } from '../position/position-metadata.ts';
import { addTally, type Tally } from '../dedup/tally.ts';

export interface LaneTransactionOptions {
  readonly cluster: Cluster;
  readonly session: TxnSession;
  readonly group: string;
  readonly member: { readonly memberId: string; readonly epoch: number };
  readonly topics: { readonly raw: string; readonly rejected: string; readonly seen: string };
  readonly pipeline: Pick<Pipeline, 'fixIds'>;
  readonly metrics: FilterMetrics;
  /** What this thread has committed since it started. */
  readonly totals: Tally;
  readonly log: Log;
}

/** How the transaction of a thread ended, and which lanes have to be taken over anew because of it. */
export type Ended =
  | { readonly kind: 'committed' }
  /** Certainly not committed; every lane is back at Kafka's position, except those named here. */
  | {
      readonly kind: 'aborted';
      readonly moved: PartitionLane[];
      readonly unwritable: PartitionLane[];
      /** Partitions of the outputs that took nothing for 3 s. */
      readonly stuck: readonly number[];
    }
  /** Somebody else has the transactional id. Nothing in memory may be used any more. */
  | { readonly kind: 'fenced' };

/**
 * Commits what all lanes of a thread have done since the last time: outputs, the records of events.seen and the raw
 * positions become visible together, or not at all.
 *
 * What is left when the process dies, line by line:
 * - before `commit`: outputs may lie in the logs, unfinished. The next owner's InitProducerId (same id) or the transaction
 *   timeout (10 s) aborts them; nobody saw them, the positions stand where they stood, the events come again. The
 *   marks in the windows died with us, and events.seen was part of the transaction: they come again as new events.
 * - inside `commit`, before the coordinator has logged PREPARE_COMMIT: the same.
 * - inside `commit`, after that: it *is* committed, whether we heard of it or not. The coordinator writes the markers even when
 *   everybody else is dead; the next owner waits for the offset to be stable, and for seen and clean to be readable up to
 *   their ends, so it begins behind these events and knows their ids.
 * - after `commit`: only counters and `settled` are left, which exist in memory only.
 */
export async function commitLanes(
  lanes: readonly PartitionLane[],
  o: LaneTransactionOptions,
): Promise<Ended> {
  const dirty = lanes.filter((lane) => lane.isDirty);
  if (dirty.length === 0) return { kind: 'committed' };
  for (const lane of dirty) lane.finish();
  const began = performance.now();
  o.metrics.bytes.add(o.session.openBytes, 'out');
  o.session.offsets({
    groupId: o.group,
    memberId: o.member.memberId,
    memberEpoch: () => o.member.epoch,
    offsets: dirty.map((lane) => positionOf(lane, o.topics.raw)),
  });
  try {
    await o.session.commit();
  } catch (thrown) {
    const error = await failureOf(thrown, o.session);
    const { outcome, poison, stuck } = error;
    o.log.warn({ error, outcome, poison, stuck }, 'the transaction was not committed');
    o.metrics.transactions.add(1, error.outcome);
    return error.outcome === 'fenced' ? { kind: 'fenced' } : afterAbort(lanes, error, o);
  }
  o.metrics.transactions.add(1, 'committed');
  o.metrics.commitSeconds.observe((performance.now() - began) / 1000);
  for (const lane of dirty) settle(lane, o);
  return { kind: 'committed' };
}

/** Why the transaction was not committed, which it certainly is not then. Throws on what should end the process. */
async function failureOf(error: unknown, session: TxnSession): Promise<TransactionError> {
  if (error instanceof TransactionError && error.outcome !== 'fatal') return error;
  if (!(error instanceof KafkaError) || !error.retryable) throw error;
  // The group's coordinator was away for too long: the positions are not in the transaction, so it cannot be committed.
  try {
    await session.abort();
  } catch (thrown) {
    if (thrown instanceof TransactionError && thrown.outcome !== 'fatal') return thrown;
    throw thrown;
  }
  return new TransactionError('aborted', error.code, error.message, { cause: error });
}

function positionOf(lane: PartitionLane, topic: string) {
  return {
    topic,
    partition: lane.partition,
    offset: lane.position,
    leaderEpoch: lane.leaderEpoch,
    metadata: writePositionMetadata({
      topicId: lane.topicId,
      streamTimeMs: lane.streamTimeMs,
      chosen: false,
    }),
  };
}

/** The transaction is committed: its events count, its ids are certain. */
function settle(lane: PartitionLane, o: LaneTransactionOptions): void {
  const { metrics } = o;
  const { tally, reasons, fixes, receivedMs } = lane.open;
  countTally(metrics, tally);
  addTally(o.totals, tally);
  for (const [reason, count] of reasons) metrics.reasons.add(count, reason);
  for (const [fix, count] of fixes) countFix(metrics, o.pipeline, fix, count);
  const now = Date.now();
  for (const ms of receivedMs) metrics.delaySeconds.observe(Math.max(0, now - ms) / 1000);
  lane.settled();
}

/**
 * Puts every lane back to where Kafka says it is: the position there, not our memory, decides what was committed, and with it
 * whether the marks in the window stay.
 */
async function afterAbort(
  lanes: readonly PartitionLane[],
  error: TransactionError,
  o: LaneTransactionOptions,
): Promise<Ended> {
  const unwritable = markPoison(lanes, error, o);
  const found = await positionsInKafka(lanes, o);
  const moved: PartitionLane[] = [];
  for (const lane of lanes) {
    const offset = found.get(`${o.topics.raw}-${lane.partition}`)?.offset;
    if (offset === lane.committed) lane.undone();
    else if (offset === lane.position) settle(lane, o);
    else moved.push(lane); // an operator, an owner in between, or no answer: start from the evidence again
  }
  const stuck = new Set(error.stuck.map(({ partition }) => partition));
  return { kind: 'aborted', moved, unwritable, stuck: [...stuck] };
}

/** Empty when Kafka does not tell now: it is away, or the group no longer knows this member. */
async function positionsInKafka(lanes: readonly PartitionLane[], o: LaneTransactionOptions) {
  try {
    return await committedOffsets(o.cluster, {
      groupId: o.group,
      memberId: o.member.memberId,
      memberEpoch: () => o.member.epoch,
      partitions: lanes.map((lane) => ({ topic: o.topics.raw, partition: lane.partition })),
    });
  } catch (error) {
    if (!isPassing(error)) throw error;
    o.log.warn({ error }, 'the positions cannot be read now: the partitions are taken over anew');
    return new Map<string, CommittedOffset | null>();
  }
}

/**
 * Kafka refused one batch for good. One record in it: that is the poison, and its event is rejected in the next try. More:
 * the next try sends every record of the partition alone, to find it.
 * @returns lanes whose poison is in events.rejected itself: it can be written nowhere, the partition stops rather than lose it.
 */
function markPoison(
  lanes: readonly PartitionLane[],
  error: TransactionError,
  o: LaneTransactionOptions,
): PartitionLane[] {
  const { poison } = error;
  const lane = poison && lanes.find(({ partition }) => partition === poison.partition);
  if (!lane) return [];
  const source = lane.outputs.sourceOf(poison.topic, poison.index);
  lane.outputs.oneRecordEach = true;
  if (source?.records.length !== 1) return [];
  if (poison.topic === o.topics.rejected || poison.topic === o.topics.seen) return [lane];
  const { rawOffset, index } = source.records[0]!;
  lane.poison.mark(rawOffset, index, error.message);
  o.metrics.poison.add(1);
  return [];
}

import { KafkaError, TransactionError, type CommittedOffset, type TxnSession } from '@penstock/kafka';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FilterMetrics } from '../metrics.ts';
import type { OwnedPartition, PartitionStart } from '../partition/owned-partition.ts';
import { committedPositions, type FilterGroup } from '../position/filter-group.ts';
import { isPassing } from '../position/passing-errors.ts';
import { writePositionMetadata } from '../position/position-metadata.ts';
import type { CommittedCounts } from './committed-counts.ts';

/** How the transaction of a thread ended, and what has to be done with its partitions because of it. */
export type Ended =
  | { readonly kind: 'committed' }
  | Aborted
  /** Somebody else has the transactional id. Nothing in memory may be used any more. */
  | { readonly kind: 'fenced' };

/** Certainly not committed. Every partition is back where Kafka says, except those that are named here. */
export interface Aborted {
  readonly kind: 'aborted';
  /** They stand somewhere else in Kafka, or Kafka does not tell: to be taken over anew. */
  readonly moved: readonly OwnedPartition[];
  /** Kafka refuses what events.rejected should hold of them. */
  readonly unwritable: readonly OwnedPartition[];
  /** Numbers of the output partitions that took nothing for 3 s. */
  readonly stuck: readonly number[];
}

/** The member that commits: positions carry its id and epoch, so that a fenced one changes nothing. */
export type CommittingGroup = FilterGroup & { readonly member: NonNullable<FilterGroup['member']> };

/**
 * Ends the transactions of one thread. Outputs, the records of events.seen and the raw positions of all its
 * partitions become visible together, or not at all.
 */
export class ThreadTransaction {
  readonly #session: TxnSession;
  readonly #group: CommittingGroup;
  readonly #counts: CommittedCounts;
  readonly #metrics: FilterMetrics;

  constructor(session: TxnSession, group: CommittingGroup, counts: CommittedCounts, metrics: FilterMetrics) {
    this.#session = session;
    this.#group = group;
    this.#counts = counts;
    this.#metrics = metrics;
  }

  /**
   * Commits what all partitions have done since the last time.
   *
   * What is left when the process dies, line by line:
   * - Before `commit`: outputs may lie in the logs, unfinished. The next owner's InitProducerId (same id) or
   *   the transaction timeout (10 s) aborts them. Nobody saw them and the positions stand where they stood,
   *   so the events come again. The marks in the windows died with us, and events.seen was part of the
   *   transaction: they come as new events.
   * - Inside `commit`, before the coordinator has logged PREPARE_COMMIT: the same.
   * - Inside `commit`, after that: it *is* committed, whether we heard of it or not. The coordinator writes
   *   the markers even when everybody else is dead. The next owner waits for the offset to be stable, and for
   *   seen and clean to be readable up to their ends, so it begins behind these events and knows their ids.
   * - After `commit`: only counters and `settled` are left, which exist in memory alone.
   */
  async commit(partitions: readonly OwnedPartition[]): Promise<Ended> {
    const dirty = partitions.filter((partition) => partition.isDirty);
    if (dirty.length === 0) return { kind: 'committed' };
    for (const [n, partition] of dirty.entries()) {
      if (n > 0) await nextTurn(); // each writes up to one batch for each topic
      partition.finish();
    }
    this.#metrics.bytes.add(this.#session.openBytes, 'out');
    const failure = await this.#end(dirty.map(positionOf));
    if (failure !== undefined) return this.#afterFailure(partitions, failure);
    for (const partition of dirty) this.#settle(partition);
    return { kind: 'committed' };
  }

  /**
   * The first start of a partition: its position is committed before anything is read, in a transaction that
   * holds nothing else. From then on a partition without a committed offset is one that has lost it.
   *
   * @param others the partitions that run: an abort concerns them too, though none of them has anything open.
   */
  async commitFirst(start: PartitionStart, others: readonly OwnedPartition[]): Promise<Ended> {
    const failure = await this.#end([start]);
    return failure === undefined ? { kind: 'committed' } : this.#afterFailure(others, failure);
  }

  /** @returns why it was not committed. Throws on what should end the process. */
  async #end(positions: readonly Position[]): Promise<TransactionError | undefined> {
    const { id, member, topics } = this.#group;
    const began = performance.now();
    this.#session.offsets({
      groupId: id,
      memberId: member.memberId,
      memberEpoch: () => member.epoch,
      offsets: positions.map((position) => ({
        topic: topics.raw,
        partition: position.partition,
        offset: position.offset,
        leaderEpoch: position.leaderEpoch,
        metadata: writePositionMetadata({ ...position, chosen: false }),
      })),
    });
    try {
      await this.#session.commit();
    } catch (thrown) {
      const error = await this.#failureOf(thrown);
      const { outcome, poison, stuck } = error;
      this.#group.cluster.log.warn({ error, outcome, poison, stuck }, 'the transaction was not committed');
      this.#metrics.transactions.add(1, outcome);
      return error;
    }
    this.#metrics.transactions.add(1, 'committed');
    this.#metrics.commitSeconds.observe((performance.now() - began) / 1000);
    return undefined;
  }

  async #failureOf(error: unknown): Promise<TransactionError> {
    if (error instanceof TransactionError && error.outcome !== 'fatal') return error;
    if (!(error instanceof KafkaError) || !error.retryable) throw error;
    // The group's coordinator was away for too long: the transaction lacks the positions, so it cannot be
    // committed.
    try {
      await this.#session.abort();
    } catch (thrown) {
      if (thrown instanceof TransactionError && thrown.outcome !== 'fatal') return thrown;
      throw thrown;
    }
    return new TransactionError('aborted', error.code, error.message, { cause: error });
  }

  /** The transaction is committed: its events count and its ids are certain. */
  #settle(partition: OwnedPartition): void {
    this.#counts.add(partition.open);
    partition.settled();
  }

  /**
   * Puts every partition back to where Kafka says it is. The position there, and not our memory, decides what
   * was committed, and with it whether the marks in the window stay.
   */
  async #afterFailure(partitions: readonly OwnedPartition[], error: TransactionError): Promise<Ended> {
    if (error.outcome === 'fenced') return { kind: 'fenced' };
    const unwritable = this.#markPoison(partitions, error);
    const found = await this.#positionsInKafka(partitions);
    const moved: OwnedPartition[] = [];
    for (const partition of partitions) {
      const offset = found.get(partition.partition)?.offset;
      if (offset === partition.committed) partition.undone();
      else if (offset === partition.position) this.#settle(partition);
      else {
        partition.undone();
        // An operator, an owner in between, or no answer: start from the evidence again.
        moved.push(partition);
      }
    }
    const stuck = new Set(error.stuck.map(({ partition }) => partition));
    return { kind: 'aborted', moved, unwritable, stuck: [...stuck] };
  }

  /** Empty when Kafka does not tell now: it is away, or the group no longer knows this member. */
  async #positionsInKafka(
    partitions: readonly OwnedPartition[],
  ): Promise<ReadonlyMap<number, CommittedOffset | null>> {
    try {
      return await committedPositions(
        this.#group,
        partitions.map(({ partition }) => partition),
      );
    } catch (error) {
      if (!isPassing(error)) throw error;
      this.#group.cluster.log.warn(
        { error },
        'the positions cannot be read now: the partitions are taken over anew',
      );
      return new Map();
    }
  }

  /**
   * Kafka refused one batch for good. If it held one record, that is the poison, and the next try rejects its
   * event. If it held more, the next try sends every record of the partition alone, to find it.
   *
   * @returns partitions whose poison is a record of events.rejected itself. It can be written nowhere, so the
   *   partition pauses rather than lose it.
   */
  #markPoison(
    partitions: readonly OwnedPartition[],
    { poison, message }: TransactionError,
  ): OwnedPartition[] {
    const partition = poison && partitions.find((one) => one.partition === poison.partition);
    if (!partition) return [];
    const { topics } = this.#group;
    const source = partition.outputs.sourceOf(poison.topic, poison.index);
    partition.outputs.oneRecordEach = true;
    if (source?.records.length !== 1) return [];
    if (poison.topic === topics.rejected || poison.topic === topics.seen) return [partition];
    const { rawOffset, index } = source.records[0]!;
    partition.poison.mark(rawOffset, index, message);
    this.#metrics.poison.add(1);
    return [];
  }
}

type Position = Pick<PartitionStart, 'partition' | 'topicId' | 'offset' | 'leaderEpoch' | 'streamTimeMs'>;

function positionOf(partition: OwnedPartition): Position {
  const { topicId, leaderEpoch, streamTimeMs, position: offset } = partition;
  return { partition: partition.partition, topicId, offset, leaderEpoch, streamTimeMs };
}

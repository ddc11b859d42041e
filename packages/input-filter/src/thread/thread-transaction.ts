import {
  KafkaError,
  TransactionError,
  type CommittedOffset,
  type Poison,
  type TransactionSession,
} from '@penstock/kafka';
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
  /** Kafka refuses for good what events.rejected or events.seen should hold of it. */
  readonly unwritable: readonly Unwritable[];
  /** Numbers of the output partitions that took nothing for 3 s. */
  readonly stuck: readonly number[];
}

/** A partition, and the topic that takes no record of it. The operator raises the limit of that topic. */
export interface Unwritable {
  readonly owned: OwnedPartition;
  readonly topic: string;
}

/** The member that commits: positions carry its id and epoch, so that a fenced one changes nothing. */
export type CommittingGroup = FilterGroup & { readonly member: NonNullable<FilterGroup['member']> };

/**
 * Ends the transactions of one thread. Outputs, the records of events.seen and the raw positions of all its
 * partitions become visible together, or not at all.
 */
export class ThreadTransaction {
  readonly #session: TransactionSession;
  readonly #group: CommittingGroup;
  readonly #counts: CommittedCounts;
  readonly #metrics: FilterMetrics;

  constructor(
    session: TransactionSession,
    group: CommittingGroup,
    counts: CommittedCounts,
    metrics: FilterMetrics,
  ) {
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
   *   seen and clean to be readable up to their ends, so it begins after these events and knows their ids.
   * - After `commit`: only counters and `settled` are left, which exist in memory alone.
   *
   * @param partitions all that run or rest; at least one of them is dirty.
   */
  async commit(partitions: readonly OwnedPartition[]): Promise<Ended> {
    const dirty = partitions.filter((owned) => owned.isDirty);
    for (const [n, owned] of dirty.entries()) {
      if (n > 0) await nextTurn(); // each writes up to one batch for each topic
      owned.finish();
    }
    this.#metrics.bytes.add(this.#session.openBytes, 'out');
    const failure = await this.#end(dirty.map(positionOf));
    if (failure !== undefined) return this.#afterFailure(partitions, failure);
    for (const owned of dirty) this.#settle(owned);
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
      positions: positions.map((position) => ({
        topic: topics.raw,
        partition: position.partition,
        offset: position.offset,
        leaderEpoch: position.leaderEpoch,
        metadata: writePositionMetadata({ ...position, chosenAtMs: null }),
      })),
    });
    try {
      await this.#session.commit();
    } catch (thrown) {
      const error = await this.#failureOf(thrown);
      const { outcome, stuck } = error;
      // Without the records that a broker names: they may be thousands.
      const poisons = error.poisons.map((poison) => ({ ...poison, records: poison.records.length }));
      this.#group.cluster.log.warn({ error, outcome, poisons, stuck }, 'the transaction was not committed');
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
  #settle(owned: OwnedPartition): void {
    this.#counts.add(owned.open);
    owned.settled();
  }

  /**
   * Puts every partition back to where Kafka says it is. The position there, and not our memory, decides what
   * was committed, and with it whether the marks in the window stay.
   */
  async #afterFailure(partitions: readonly OwnedPartition[], error: TransactionError): Promise<Ended> {
    if (error.outcome === 'fenced') return { kind: 'fenced' };
    const unwritable = this.#markPoisons(partitions, error);
    const found = await this.#positionsInKafka(partitions);
    const moved: OwnedPartition[] = [];
    for (const owned of partitions) {
      const offset = found.get(owned.partition)?.offset;
      if (offset === owned.committed) owned.undone();
      else if (offset === owned.position) this.#settle(owned);
      else {
        owned.undone();
        // An operator, an owner in between, or no answer: start from the evidence again.
        moved.push(owned);
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
   * Kafka refused batches for good, the first of each output partition. Each is looked at, so that many
   * partitions with a poison take no more tries than one.
   *
   * @returns the partitions whose poison is a record of events.rejected or events.seen. Such a record can be
   *   written nowhere else, so the partition pauses rather than lose it.
   */
  #markPoisons(partitions: readonly OwnedPartition[], { poisons }: TransactionError): readonly Unwritable[] {
    const unwritable = new Map<OwnedPartition, Unwritable>();
    for (const poison of poisons) {
      const owned = partitions.find(({ partition }) => partition === poison.partition);
      if (owned && this.#markPoison(owned, poison)) unwritable.set(owned, { owned, topic: poison.topic });
    }
    return [...unwritable.values()];
  }

  /**
   * If the batch held one record, that is the poison, and the next try rejects its event. If it held more,
   * the next try sends every record of the partition alone, to find it.
   *
   * @returns whether it is one that can be written nowhere else.
   */
  #markPoison(owned: OwnedPartition, { topic, index: batch, code, message }: Poison): boolean {
    const { topics } = this.#group;
    const source = owned.outputs.sourceOf(topic, batch);
    owned.outputs.oneRecordEach = true;
    if (source?.records.length !== 1) return false;
    if (topic === topics.rejected || topic === topics.seen) return true;
    const { rawOffset, index } = source.records[0]!;
    owned.poison.mark(rawOffset, index, `${code}: ${message}`);
    this.#metrics.poison.add(1);
    return false;
  }
}

type Position = Omit<PartitionStart, 'window'>;

function positionOf(owned: OwnedPartition): Position {
  const { partition, topicId, leaderEpoch, streamTimeMs, seenAccepted, position: offset } = owned;
  return { partition, topicId, offset, leaderEpoch, streamTimeMs, seenAccepted };
}

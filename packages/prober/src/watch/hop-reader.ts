import { listOffsets, readRecords, startFetcher, type Cluster, type RecordView } from '@penstock/kafka';
import type { Log } from '@penstock/service';
import { pause } from '../pause.ts';
import { afterProblem } from './after-problem.ts';

/** Where a hop is read: the next offset of each partition. */
export type Offsets = Record<string, string>;

/** Of which topic each of these offsets is. */
export type TopicIds = Record<string, string>;

export interface HopReaderOptions {
  readonly cluster: Cluster;
  readonly topic: string;
  /** From a checkpoint. Partitions that it does not name are new; without any, all begin at their end. */
  readonly from: Offsets;
  /** From a checkpoint; none in those of older versions. */
  readonly fromTopicIds?: TopicIds | undefined;
  readonly log: Log;
  visit(record: RecordView): void;
  /** How many records one answer brought, of everybody. */
  onRead(records: number): void;
  /** Records were gone before they were read. `anew`: of those that were read some may come once more. */
  onGap(anew: boolean): void;
}

/** How often the ends of the partitions are asked for. */
const proofIntervalMs = 500;

/**
 * Reads one topic under read_committed from stored offsets, without a group: no rebalance disturbs it. It
 * knows until when it has read everything (`provenAt`), because "not seen" says nothing while a reader is
 * behind. Offsets that are gone are an error that it reports and counts as a gap, never a silent reset.
 */
export class HopReader implements AsyncDisposable {
  readonly #options: HopReaderOptions;
  readonly #fetcher;
  readonly #closing = new AbortController();
  readonly #positions = new Map<number, bigint>();
  /** Id of the topic that a position belongs to: one that was made anew begins at 0 again. */
  readonly #topicIds = new Map<number, string>();
  /** The topic of which it was told last that it is there. */
  #topicId: string | undefined;
  /** How often a partition was read on elsewhere. */
  #jumps = 0;
  #provenAt = -Infinity;
  #trouble: string | undefined;
  #running: Promise<unknown> = Promise.resolve();

  static async start(options: HopReaderOptions): Promise<HopReader> {
    const reader = new HopReader(options);
    await reader.#begin();
    reader.#running = Promise.all([reader.#read(), reader.#prove()]);
    return reader;
  }

  private constructor(options: HopReaderOptions) {
    this.#options = options;
    this.#fetcher = startFetcher(options.cluster, { isolation: 'read_committed', log: options.log });
  }

  /** Everything committed before this moment (`performance.now()`) has been visited. */
  get provenAt(): number {
    return this.#provenAt;
  }

  /** Why nothing can be proven now, for an operator; undefined when all is well. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  offsets(): Offsets {
    return Object.fromEntries([...this.#positions].map(([partition, offset]) => [partition, String(offset)]));
  }

  topicIds(): TopicIds {
    return Object.fromEntries(this.#topicIds);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#running;
    this.#fetcher[Symbol.dispose]();
  }

  /** Goes on where the checkpoint says, or begins at the ends. */
  async #begin(): Promise<void> {
    const { cluster, topic, from, fromTopicIds = {} } = this.#options;
    const { id, partitions } = await cluster.topic(topic, { refresh: true });
    const stored = Object.entries(from);
    for (const [partition, offset] of stored)
      this.#assign(Number(partition), BigInt(offset), fromTopicIds[partition] ?? id);
    // A position of a topic that is gone is found out by the fetcher, as at any other time.
    this.#topicId = this.#topicIds.values().next().value ?? id;
    if (stored.length > 0) return;
    const all = [...partitions.keys()];
    const ends = await listOffsets(cluster, topic, all, 'latest', 'read_committed');
    for (const partition of all) this.#assign(partition, ends.get(partition)?.offset ?? 0n, id);
  }

  #assign(partition: number, offset: bigint, topicId: string | undefined): void {
    this.#positions.set(partition, offset);
    if (topicId === undefined) this.#topicIds.delete(partition);
    else this.#topicIds.set(partition, topicId);
    this.#fetcher.assign(this.#options.topic, partition, { offset, lastFetchedEpoch: -1, topicId });
  }

  /**
   * Partitions that were added are read from their beginning.
   * @throws Error while a position is of another topic than the one that is there now
   */
  async #assignNew(): Promise<number[]> {
    const { cluster, topic } = this.#options;
    const { id, partitions } = await cluster.topic(topic, { refresh: true });
    // The topic was not there when its partitions began anew, so they are of the one that came.
    for (const partition of this.#positions.keys())
      if (partition < partitions.length && !this.#topicIds.has(partition)) this.#topicIds.set(partition, id);
    this.#topicId ??= id;
    // One broker's word may be old. The fetcher asks on until it is sure, and tells; until then nothing of
    // the new topic is read, and its ends prove nothing of the old one.
    const known = [...this.#topicIds.values()];
    if (known.includes(id)) this.#fit(id, partitions.length);
    if ([...this.#topicIds.values()].some((each) => each !== id))
      throw new Error(`topic ${topic} was made anew`);
    return [...this.#positions.keys()];
  }

  /**
   * Takes on the partitions that are new, and leaves those of an earlier topic. No topic ever loses one, so a
   * broker that names fewer of the same topic is behind.
   */
  #fit(id: string, partitions: number): void {
    for (let partition = 0; partition < partitions; partition++)
      if (!this.#positions.has(partition)) this.#assign(partition, 0n, id);
    for (const partition of [...this.#positions.keys()]) {
      if (partition < partitions || this.#topicIds.get(partition) === id) continue;
      this.#fetcher.unassign(this.#options.topic, partition);
      this.#positions.delete(partition);
      this.#topicIds.delete(partition);
    }
  }

  /** Each partition finds out by itself that its topic was made anew; it is told once. */
  #tellAnew(id: string | undefined): void {
    if (id === this.#topicId) return;
    this.#topicId = id;
    this.#options.onGap(true);
  }

  async #read(): Promise<void> {
    const { topic, visit, onRead, onGap, log } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      for (const fetched of await this.#fetcher.next({ signal, maxWaitMs: 1_000 })) {
        const { partition, problem } = fetched;
        let records = 0;
        for (const batch of fetched.batches) {
          for (const record of readRecords(batch)) visit(record);
          records += batch.count;
        }
        onRead(records);
        this.#positions.set(partition, fetched.nextOffset);
        if (!problem) continue;
        log.error(
          { topic, partition, problem },
          'records are gone before they were read; probes in them cannot be judged',
        );
        const { offset, anew } = afterProblem(problem);
        this.#jumps += 1;
        if (problem.kind === 'recreated') {
          const topicId = this.#options.cluster.knownTopic(topic)?.id;
          this.#tellAnew(topicId);
          this.#assign(partition, offset, topicId);
        } else {
          onGap(anew);
          this.#assign(partition, offset, this.#topicIds.get(partition));
        }
      }
    }
  }

  async #prove(): Promise<void> {
    const { cluster, topic, log } = this.#options;
    const { signal } = this.#closing;
    let reported = false;
    while (!signal.aborted) {
      const askedAt = performance.now();
      try {
        const partitions = await this.#assignNew();
        // Copied: it is read on while the ends are on their way, and may by then have passed them.
        const before = new Map(this.#positions);
        const jumps = this.#jumps;
        const ends = await listOffsets(cluster, topic, partitions, 'latest', 'read_committed', {
          timeoutMs: 5_000,
          signal,
        });
        refuseShorter(before, ends);
        this.#trouble = undefined;
        reported = false;
        if (await this.#reach(ends, jumps)) this.#provenAt = askedAt;
      } catch (error) {
        if (signal.aborted) return;
        this.#trouble = error instanceof Error ? error.message : String(error);
        if (!reported) log.warn({ topic, error }, 'a hop cannot be read; there are no verdicts until it can');
        reported = true;
      }
      await pause(proofIntervalMs, signal);
    }
  }

  /** False when a partition is read on elsewhere since `jumps`: the ends say nothing of that. */
  async #reach(ends: ReadonlyMap<number, { offset: bigint }>, jumps: number): Promise<boolean> {
    const { signal } = this.#closing;
    for (const [partition, { offset }] of ends) {
      while ((this.#positions.get(partition) ?? 0n) < offset) {
        signal.throwIfAborted();
        if (this.#jumps !== jumps) return false;
        await pause(20, signal);
      }
    }
    return this.#jumps === jumps;
  }
}

/** @throws Error when a partition ends before what had been read of it: it is another log by now. */
function refuseShorter(
  read: ReadonlyMap<number, bigint>,
  ends: ReadonlyMap<number, { offset: bigint }>,
): void {
  for (const [partition, { offset }] of ends) {
    if ((read.get(partition) ?? 0n) <= offset) continue;
    throw new Error(`partition ${partition} ends at ${offset}, before what was read of it`);
  }
}

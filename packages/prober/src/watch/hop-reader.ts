import {
  listOffsets,
  readRecords,
  startFetcher,
  type Cluster,
  type PositionProblem,
  type RecordView,
} from '@penstock/kafka';
import type { Log } from '@penstock/service';
import { pause } from '../pause.ts';

/** Where a hop is read: the next offset of each partition. */
export type Offsets = Record<string, string>;

export interface HopReaderOptions {
  readonly cluster: Cluster;
  readonly topic: string;
  /** From a checkpoint; partitions that it does not name are read from their end at the start. */
  readonly from: Offsets;
  readonly log: Log;
  visit(record: RecordView): void;
  /** How many records one answer brought, of everybody. */
  onRead(records: number): void;
  /** Records were gone before they were read. `anew`: the topic is another one, read from its beginning. */
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
  #provenAt = -Infinity;
  #trouble: string | undefined;
  #running: Promise<unknown> = Promise.resolve();

  static async start(options: HopReaderOptions): Promise<HopReader> {
    const reader = new HopReader(options);
    await reader.#assignNew();
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#running;
    this.#fetcher[Symbol.dispose]();
  }

  /** Partitions that were added while this runs are read from their beginning. */
  async #assignNew(): Promise<number[]> {
    const { cluster, topic, from } = this.#options;
    const { id, partitions } = await cluster.topic(topic, { refresh: true });
    const unknown = [...partitions.keys()].filter((partition) => !this.#positions.has(partition));
    const isFirst = this.#positions.size === 0;
    const ends = isFirst ? await listOffsets(cluster, topic, unknown, 'latest', 'read_committed') : undefined;
    for (const partition of unknown) {
      const stored = from[partition];
      const offset = stored === undefined ? (ends?.get(partition)?.offset ?? 0n) : BigInt(stored);
      this.#positions.set(partition, offset);
      this.#topicIds.set(partition, id);
      this.#fetcher.assign(topic, partition, { offset, lastFetchedEpoch: -1, topicId: id });
    }
    // The fetcher finds it out, too, but until then the ends of the new topic prove nothing of the old one.
    for (const known of this.#topicIds.values()) {
      if (known !== id) throw new Error(`topic ${topic} was made anew`);
    }
    return [...this.#positions.keys()];
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
        const anew = problem.kind === 'recreated';
        const offset = resumeAt(problem);
        const topicId = anew ? this.#options.cluster.knownTopic(topic)?.id : this.#topicIds.get(partition);
        if (topicId !== undefined) this.#topicIds.set(partition, topicId);
        onGap(anew);
        this.#positions.set(partition, offset);
        this.#fetcher.assign(topic, partition, { offset, lastFetchedEpoch: -1, topicId });
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
        const ends = await listOffsets(cluster, topic, partitions, 'latest', 'read_committed', {
          timeoutMs: 5_000,
          signal,
        });
        refuseShorter(before, ends);
        this.#trouble = undefined;
        reported = false;
        await this.#reach(ends);
        this.#provenAt = askedAt;
      } catch (error) {
        if (signal.aborted) return;
        this.#trouble = error instanceof Error ? error.message : String(error);
        if (!reported) log.warn({ topic, error }, 'a hop cannot be read; there are no verdicts until it can');
        reported = true;
      }
      await pause(proofIntervalMs, signal);
    }
  }

  async #reach(ends: ReadonlyMap<number, { offset: bigint }>): Promise<void> {
    const { signal } = this.#closing;
    for (const [partition, { offset }] of ends) {
      while ((this.#positions.get(partition) ?? 0n) < offset) {
        signal.throwIfAborted();
        await pause(20, signal);
      }
    }
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

/** Where the log goes on after a problem: one that lost its end, or is another one, does so before `to`. */
function resumeAt({ kind, from, to }: PositionProblem): bigint {
  if (kind === 'recreated') return 0n;
  return kind === 'truncated' || kind === 'beyond-end' ? from : to;
}

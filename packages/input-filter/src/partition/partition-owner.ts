import type { PositionProblem } from '@penstock/kafka';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FilterMetrics } from '../metrics.ts';
import { isPassing } from '../position/passing-errors.ts';
import type { PartitionLane } from './owned-partition.ts';
import { halt, needsAnOperator, type Halt } from '../position/starting-position.ts';
import { RestingPartitions } from './resting-partitions.ts';
import { takeOverPartition, type TakeOverOptions, type TakenOver } from './take-over-partition.ts';

/** The partitions that the group has assigned to this thread: each runs, rests, starts or is halted (and then perhaps looked at again). */
export class PartitionOwner {
  readonly lanes = new Map<number, PartitionLane>();
  readonly starting = new Map<number, AbortController>();
  readonly halted = new Map<number, Halt>();
  /** Of `lanes`, those that are not fetched now. */
  readonly resting = new RestingPartitions();
  /** What was last logged of a halted partition: said once, not at every look. */
  readonly #told = new Map<number, string>();
  readonly #options: TakeOverOptions;
  readonly #onTaken: (partition: number, taken: TakenOver | Halt, signal: AbortSignal) => void;
  readonly #onFailed: (error: unknown) => void;

  /** @param onTaken called at any time from the background; void once its signal is aborted (dropped, or begun anew). */
  constructor(
    options: TakeOverOptions,
    onTaken: (partition: number, taken: TakenOver | Halt, signal: AbortSignal) => void,
    onFailed: (error: unknown) => void,
  ) {
    this.#options = options;
    this.#onTaken = onTaken;
    this.#onFailed = onFailed;
  }

  /**
   * Begins to take a partition over, in the background: the others go on. A halted one is looked at again: it goes on when
   * the evidence has changed, which for what the evidence cannot show means that an operator has chosen a position.
   */
  begin(partition: number): void {
    const halted = this.halted.get(partition);
    this.drop(partition);
    if (halted !== undefined) this.halted.set(partition, halted);
    const abort = new AbortController();
    this.starting.set(partition, abort);
    this.#takeOver(partition, halted, abort.signal).then(
      (taken) => this.#onTaken(partition, taken, abort.signal),
      (error: unknown) => {
        if (!abort.signal.aborted) this.#onFailed(error);
      },
    );
  }

  run(lane: PartitionLane): void {
    this.starting.delete(lane.partition);
    this.halted.delete(lane.partition);
    this.lanes.set(lane.partition, lane);
    this.#told.delete(lane.partition);
  }

  halt(partition: number, why: Halt): void {
    this.drop(partition);
    this.halted.set(partition, why);
    if (this.#told.get(partition) === why.detail) return;
    this.#told.set(partition, why.detail);
    this.#options.log.error(
      {
        partition,
        code: why.code,
        detail: why.detail,
        resumeAt: why.resumeAt === null ? null : String(why.resumeAt),
      },
      'partition halted: an operator has to decide (input-filter resume)',
    );
  }

  /** An output partition of it takes nothing. @returns whether it runs here, and so rests now: it must not be fetched. */
  rest(partition: number): boolean {
    if (!this.lanes.has(partition)) return false;
    const restMs = this.resting.lay(partition, Date.now());
    this.#options.log.warn(
      { partition, restMs },
      'an output partition takes nothing: its raw partition rests, the others go on',
    );
    return true;
  }

  /** Those that have rested long enough: they are to be fetched again. */
  wakeRested(): PartitionLane[] {
    const woken = this.resting.wake(Date.now(), (partition) => this.#isLed(partition));
    return woken.flatMap((partition) => this.lanes.get(partition) ?? []);
  }

  drop(partition: number): void {
    this.starting.get(partition)?.abort();
    this.starting.delete(partition);
    this.lanes.delete(partition);
    this.halted.delete(partition);
    this.resting.forget(partition);
  }

  dropAll(): void {
    for (const partition of this.partitions) this.drop(partition);
  }

  get partitions(): number[] {
    return [...new Set([...this.lanes.keys(), ...this.starting.keys(), ...this.halted.keys()])];
  }

  measure(metrics: FilterMetrics): void {
    let ids = 0;
    let bytes = 0;
    let lag = 0;
    for (const lane of this.lanes.values()) {
      ids += lane.window.ids;
      bytes += lane.window.bytes;
      lag += lane.lag;
    }
    metrics.windowIds.set(ids);
    metrics.windowBytes.set(bytes);
    metrics.lagRecords.set(lag);
    metrics.partitions.set(this.lanes.size - this.resting.count, 'running');
    metrics.partitions.set(this.resting.count, 'resting');
    metrics.partitions.set(this.#startingFresh.length, 'starting');
    metrics.partitions.set(this.halted.size, 'halted');
  }

  /** For /status, by partition. */
  status(): object[] {
    const running = [...this.lanes.values()].map((lane) => ({
      partition: lane.partition,
      state: this.resting.has(lane.partition) ? 'resting' : 'running',
      position: lane.position,
      committed: lane.committed,
      highWatermark: lane.highWatermark,
      lag: lane.lag,
      window: { ids: lane.window.ids, bytes: lane.window.bytes, sinceMs: lane.window.sinceMs ?? null },
    }));
    const starting = this.#startingFresh.map((partition) => ({ partition, state: 'starting' }));
    const halted = [...this.halted].map(([partition, { code, detail, resumeAt }]) => ({
      partition,
      state: 'halted',
      code,
      detail,
      resumeAt,
    }));
    return [...running, ...starting, ...halted].toSorted((a, b) => a.partition - b.partition);
  }

  /** Whether every output partition has a leader, as far as is known; if not, it is asked for, and the next look knows. */
  #isLed(partition: number): boolean {
    const { cluster, topics, cleanTopics } = this.#options;
    const outputs = [...cleanTopics, topics.rejected, topics.seen];
    const leaderOf = (topic: string): number =>
      cluster.knownTopic(topic)?.partitions[partition]?.leader ?? -1;
    if (outputs.every((topic) => leaderOf(topic) >= 0)) return true;
    cluster.refresh(...outputs).catch(() => undefined);
    return false;
  }

  /** Those that are looked at again count as halted until they run. */
  get #startingFresh(): number[] {
    return [...this.starting.keys()].filter((partition) => !this.halted.has(partition));
  }

  async #takeOver(
    partition: number,
    halted: Halt | undefined,
    signal: AbortSignal,
  ): Promise<TakenOver | Halt> {
    const needsChoice = halted !== undefined && needsAnOperator(halted) ? halted : undefined;
    for (;;) {
      try {
        return await takeOverPartition(partition, this.#options, needsChoice, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!isPassing(error)) throw error;
        this.#options.log.warn(
          { partition, error },
          'the partition could not be taken over yet; tried again',
        );
        await sleep(500, undefined, { signal });
      }
    }
  }
}

export function haltFor(problem: PositionProblem): Halt {
  const { kind, detail, to } = problem;
  if (kind === 'overtaken') return halt('raw-overtaken', detail, to);
  if (kind === 'recreated') return halt('raw-recreated', detail, 0n);
  if (kind === 'beyond-end') return halt('beyond-raw-end', detail, null);
  return halt(
    kind === 'corrupt' ? 'raw-corrupt' : 'raw-truncated',
    detail,
    kind === 'truncated' ? problem.from : null,
  );
}

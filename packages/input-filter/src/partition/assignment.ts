import { restMs, type Cluster } from '@penstock/kafka';
import type { Log } from '@penstock/service';
import type { Pause } from '../position/pause.ts';
import { outputsOf, type FilterTopics } from '../topics.ts';
import type { OwnedPartition } from './owned-partition.ts';
import type { TakenOver } from './take-over-partition.ts';

/** A partition that has rested, and whose output still has no leader, is looked at again after this long. */
const leaderlessMs = 1_000;

/** What is done with one partition that the group has assigned to this thread. */
export type PartitionState =
  /** `paused`: it was and is looked at again. It counts as paused until it runs. */
  | { readonly kind: 'starting'; readonly abort: AbortController; readonly paused: Pause | undefined }
  /** `restedMs`: how long it rested before, 0 when something was committed for it since. */
  | { readonly kind: 'running'; readonly owned: OwnedPartition; readonly restedMs: number }
  /**
   * Not fetched until then, and tried again. Partition p of the outputs is made from partition p of raw
   * alone, so only that one has to wait. It is empty meanwhile, and stands where Kafka says.
   *
   * If this process dies, nothing of a resting partition is open and its position stands; the next owner
   * begins there. A partition that dies after its transaction was decided and before its marker is written
   * does not rest: it holds up the whole transactional id until it is back (`markers_wait_seconds`).
   */
  | {
      readonly kind: 'resting';
      readonly owned: OwnedPartition;
      readonly restedMs: number;
      readonly untilAt: number;
    }
  | { readonly kind: 'paused'; readonly why: Pause };

/** Takes a partition over in the background. @param paused set when a paused one is looked at again. */
export type TakeOver = (
  partition: number,
  paused: Pause | undefined,
  signal: AbortSignal,
) => Promise<TakenOver | Pause>;

/** What the assignment tells at any time, from the background. */
export interface AssignmentEvents {
  /** Void once the signal is aborted: the partition was dropped, or begun anew. */
  onTaken(partition: number, taken: TakenOver | Pause, signal: AbortSignal): void;
  onFailed(error: unknown): void;
}

/** The partitions that the group has assigned to this thread, each in one state. */
export class Assignment {
  readonly #states = new Map<number, PartitionState>();
  readonly #takeOver: TakeOver;
  readonly #cluster: Pick<Cluster, 'knownTopic' | 'refresh'>;
  readonly #outputs: readonly string[];
  readonly #log: Pick<Log, 'warn' | 'error'>;
  readonly #events: AssignmentEvents;

  constructor(
    takeOver: TakeOver,
    cluster: Pick<Cluster, 'knownTopic' | 'refresh'>,
    topics: FilterTopics,
    log: Pick<Log, 'warn' | 'error'>,
    events: AssignmentEvents,
  ) {
    this.#takeOver = takeOver;
    this.#cluster = cluster;
    this.#outputs = outputsOf(topics);
    this.#log = log;
    this.#events = events;
  }

  get states(): ReadonlyMap<number, PartitionState> {
    return this.#states;
  }

  /** Those that were taken over: they run or rest. */
  get owned(): OwnedPartition[] {
    return [...this.#states.values()].flatMap((state) => ('owned' in state ? state.owned : []));
  }

  ownedOf(partition: number): OwnedPartition | undefined {
    const state = this.#states.get(partition);
    return state && 'owned' in state ? state.owned : undefined;
  }

  isResting(partition: number): boolean {
    return this.#states.get(partition)?.kind === 'resting';
  }

  /**
   * Begins to take a partition over, in the background: the others go on. A paused one is looked at again. It
   * goes on when the evidence has changed; where the evidence cannot tell, that means that an operator has
   * chosen a position.
   */
  begin(partition: number): void {
    const before = this.#states.get(partition);
    this.drop(partition);
    const paused = pauseOf(before);
    const abort = new AbortController();
    this.#states.set(partition, { kind: 'starting', abort, paused });
    this.#takeOver(partition, paused, abort.signal).then(
      (taken) => this.#events.onTaken(partition, taken, abort.signal),
      (error: unknown) => {
        if (!abort.signal.aborted) this.#events.onFailed(error);
      },
    );
  }

  run(owned: OwnedPartition): void {
    this.#states.set(owned.partition, { kind: 'running', owned, restedMs: 0 });
  }

  /** An operator has to decide. Logged once, not each time that it is looked at again. */
  pause(partition: number, why: Pause): void {
    const before = this.#states.get(partition);
    this.drop(partition);
    this.#states.set(partition, { kind: 'paused', why });
    if (pauseOf(before)?.detail === why.detail) return;
    const { code, detail } = why;
    const resumeAt = why.resumeAt === null ? null : String(why.resumeAt);
    this.#log.error(
      { partition, code, detail, resumeAt },
      'partition paused: an operator has to decide (input-filter resume)',
    );
  }

  /**
   * Output partitions of these took nothing in one transaction. Where none of the others runs, a try of them
   * holds up nobody, so it comes soon: as after the loss of their only broker. Those that began to rest
   * before, while others ran, are tried with them.
   * @returns those that are owned here, and so rest now: do not fetch them.
   */
  rest(partitions: readonly number[]): number[] {
    const resting = [...this.#states].flatMap(([partition, state]) =>
      'owned' in state && partitions.includes(partition) ? [{ partition, ...state }] : [],
    );
    const othersGoOn = [...this.#states].some(
      ([partition, { kind }]) => kind === 'running' && !partitions.includes(partition),
    );
    let soonest = Infinity;
    for (const { partition, owned, restedMs: lastMs } of resting) {
      const restedMs = restMs(lastMs, othersGoOn ? 'others' : 'nobody');
      const untilAt = performance.now() + restedMs;
      soonest = Math.min(soonest, untilAt);
      this.#states.set(partition, { kind: 'resting', owned, restedMs, untilAt });
      const what = othersGoOn
        ? 'an output partition takes nothing: its raw partition rests, the others go on'
        : 'an output partition takes nothing: its raw partition rests, and no other one runs';
      this.#log.warn({ partition, restMs: restedMs }, what);
    }
    if (!othersGoOn) this.#restNoLongerThan(soonest);
    return resting.map(({ partition }) => partition);
  }

  /** Ends all rests then that would last longer. */
  #restNoLongerThan(untilAt: number): void {
    for (const [partition, state] of this.#states) {
      if (state.kind !== 'resting') continue;
      this.#states.set(partition, { ...state, untilAt: Math.min(untilAt, state.untilAt) });
    }
  }

  /**
   * Those that have rested long enough and whose outputs have leaders: they run again and are to be fetched.
   */
  wakeRested(now = performance.now()): OwnedPartition[] {
    const woken: OwnedPartition[] = [];
    for (const [partition, state] of this.#states) {
      if (state.kind !== 'resting' || state.untilAt > now) continue;
      if (this.#isLed(partition)) {
        const { owned, restedMs } = state;
        this.#states.set(partition, { kind: 'running', owned, restedMs });
        woken.push(owned);
      } else {
        this.#states.set(partition, { ...state, untilAt: now + leaderlessMs });
      }
    }
    return woken;
  }

  /** Something was committed for it: its outputs are well. */
  wrote(partition: number): void {
    const state = this.#states.get(partition);
    if (state?.kind === 'running' && state.restedMs > 0)
      this.#states.set(partition, { ...state, restedMs: 0 });
  }

  /** Looks at every paused partition again: perhaps an operator has decided. */
  lookAgain(): void {
    for (const [partition, state] of [...this.#states]) if (state.kind === 'paused') this.begin(partition);
  }

  drop(partition: number): void {
    const state = this.#states.get(partition);
    if (state?.kind === 'starting') state.abort.abort();
    // Half a request may hold the place of a large body.
    if (state && 'owned' in state) state.owned.forgetFetched();
    this.#states.delete(partition);
  }

  dropAll(): void {
    for (const partition of [...this.#states.keys()]) this.drop(partition);
  }

  /**
   * Whether every output partition has a leader, as far as is known. If not, Kafka is asked; the next look
   * knows.
   */
  #isLed(partition: number): boolean {
    const leaderOf = (topic: string): number =>
      this.#cluster.knownTopic(topic)?.partitions[partition]?.leader ?? -1;
    if (this.#outputs.every((topic) => leaderOf(topic) >= 0)) return true;
    this.#cluster.refresh(...this.#outputs).catch(() => undefined);
    return false;
  }
}

/** Why it is paused, or was until it was looked at again just now. */
export function pauseOf(state: PartitionState | undefined): Pause | undefined {
  if (state?.kind === 'paused') return state.why;
  return state?.kind === 'starting' ? state.paused : undefined;
}

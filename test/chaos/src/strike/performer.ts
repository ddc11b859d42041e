import { describeFault, type PlannedFault } from '../plan/plan.ts';
import type { Room } from '../plan/fault-kinds.ts';
import type { Stage } from '../stage/stage.ts';
import { Lasting } from './lasting.ts';
import { strike } from './strike.ts';

/** What became of a planned fault. */
export interface PerformedFault {
  number: number;
  name: string;
  what: string;
  /** The first of its rooms. */
  lane: string;
  /** Seconds from the start of the load; `to` is when all was well again. */
  from: number;
  to: number | undefined;
  /** Undefined while it is on. */
  outcome: string | undefined;
  /** It did not get well, or something else went wrong with it. */
  problem?: string;
}

/** Lets the plan happen. */
export class Performer {
  readonly faults: PerformedFault[] = [];
  readonly #stage: Stage;
  readonly #startedAt: number;
  readonly #signal: AbortSignal;
  readonly #lasting: Lasting;
  /** Who was the last to want a room. */
  readonly #rooms = new Map<Room, Promise<unknown>>();

  /** `startedAt` is of the monotonic clock. `signal` ends what is on, and begins nothing more. */
  constructor(stage: Stage, startedAt: number, signal: AbortSignal) {
    this.#stage = stage;
    this.#startedAt = startedAt;
    this.#signal = signal;
    this.#lasting = new Lasting(signal);
  }

  get now(): readonly PerformedFault[] {
    return this.faults.filter(({ to }) => to === undefined);
  }

  /** Settles when the last fault is over. Never rejects: problems stand with their faults. */
  async run(plan: readonly PlannedFault[]): Promise<void> {
    await Promise.all(plan.map((fault) => this.#inTurn(fault)));
  }

  /**
   * A fault begins when the plan says so, and later when its rooms are not free by then: a busy machine takes
   * longer to get well than the plan allows for, and never more may be broken than the plan means.
   */
  async #inTurn(fault: PlannedFault): Promise<void> {
    const before = fault.rooms.flatMap((room) => this.#rooms.get(room) ?? []);
    const { promise: over, resolve } = Promise.withResolvers<void>();
    for (const room of fault.rooms) this.#rooms.set(room, over);
    try {
      await this.#lasting.seconds(fault.at - this.#second());
      await Promise.all(before);
      if (!this.#signal.aborted) await this.#perform(fault);
      await this.#lasting.seconds(fault.kind.restSeconds);
    } finally {
      resolve();
    }
  }

  async #perform(fault: PlannedFault): Promise<void> {
    const { number, kind } = fault;
    const [name, what, from] = [kind.name, describeFault(fault), this.#second()];
    const lane = fault.rooms[0] ?? '';
    const performed: PerformedFault = { number, name, what, lane, from, to: undefined, outcome: undefined };
    this.faults.push(performed);
    try {
      performed.outcome = await strike(fault, this.#stage, this.#lasting);
    } catch (error) {
      performed.problem = (error as Error).message;
    }
    performed.to = this.#second();
  }

  #second(): number {
    return (performance.now() - this.#startedAt) / 1_000;
  }
}

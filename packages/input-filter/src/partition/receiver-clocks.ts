import type { Log } from '@penstock/service';
import { steadyClockMs } from '../wall-clock.ts';
import { PerMinute } from './per-minute.ts';

/** Clocks of one datacenter that differ by more than this are wrong. */
export const clockToleranceMs = 60_000;

/** What the time of a raw record shows about the clock of its Receiver. */
export type ClockFinding = 'ahead' | 'behind';

/** Among the fixes of an event whose received_at lies in the future, by the clock of the filter. */
export const receivedAheadMark = 'received-at-ahead';

/** Counts what is found; a counter of the service's metrics fits. */
export interface ClockCounter {
  add(count: number, finding: ClockFinding): void;
}

/**
 * Compares the Receivers' clocks with the one of this filter, and with each other. The window does not need
 * it, because it trusts no clock alone. Readers of the times in events do.
 */
export class ReceiverClocks {
  readonly #counter: ClockCounter;
  readonly #log: Pick<Log, 'warn'>;
  readonly #logged = new PerMinute(1);

  constructor(counter: ClockCounter, log: Pick<Log, 'warn'>) {
    this.#counter = counter;
    this.#log = log;
  }

  /**
   * A request cannot have been received after it is filtered, nor long before another one that was written
   * before it.
   * @param streamMs the highest received_at of the partition so far; 0 when unknown.
   */
  judge(receivedMs: number, streamMs: number, receiver: string | undefined): ClockFinding | undefined {
    const nowMs = steadyClockMs();
    const isAhead = receivedMs > nowMs + clockToleranceMs;
    if (!isAhead && receivedMs >= streamMs - clockToleranceMs) return undefined;
    const finding = isAhead ? 'ahead' : 'behind';
    this.#counter.add(1, finding);
    if (this.#logged.allows()) {
      const byMs = Math.abs(receivedMs - (isAhead ? nowMs : streamMs));
      this.#log.warn(
        { receiver, finding, byMs },
        "the clock of a Receiver is off, or this filter's: times in events are wrong by that much",
      );
    }
    return finding;
  }
}

/** The time of the stream may run ahead of this filter's clock by what clocks may differ, and no further. */
export function boundedStreamMs(receivedMs: number): number {
  return Math.min(receivedMs, steadyClockMs() + clockToleranceMs);
}

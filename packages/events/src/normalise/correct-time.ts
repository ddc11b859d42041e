import type { TimeQuality } from '../model/event.ts';
import type { Rules } from '../catalogue/rules.ts';

/** Milliseconds since 1970; null is missing, or nothing that can be read as a time. */
export interface ClientTimes {
  readonly occurredMs: number | null;
  /** By the same clock as `occurredMs`. */
  readonly sentMs: number | null;
  readonly receivedMs: number;
}

export interface CorrectedTime {
  readonly occurredMs: number;
  readonly quality: TimeQuality;
}

/**
 * When it happened, by our clock. With a send time the age of the event is known whatever the client's clock says:
 * received - (sent - occurred). Without one the client's time is taken if it is possible. (After Snowplow's derived
 * timestamp, which lacked the guards: SP#3332 had an event in the year -5965.)
 */
export function correctTime({ occurredMs, sentMs, receivedMs }: ClientTimes, rules: Rules): CorrectedTime {
  if (occurredMs === null) return { occurredMs: receivedMs, quality: 'server' };
  if (sentMs === null) return judge(occurredMs, receivedMs, rules);
  const clockDifferenceMs = receivedMs - sentMs;
  if (Math.abs(clockDifferenceMs) <= rules.clockToleranceMs) return judge(occurredMs, receivedMs, rules);
  if (occurredMs > sentMs) return { occurredMs: receivedMs, quality: 'server' };
  const ageMs = sentMs - occurredMs;
  if (ageMs > rules.pastMaxMs) {
    // The clock was set between the event and the sending, or the event is older than we believe anyone.
    return occurredMs < rules.earliestMs
      ? { occurredMs: receivedMs, quality: 'server' }
      : { occurredMs: receivedMs - rules.pastMaxMs, quality: 'clamped' };
  }
  return { occurredMs: receivedMs - ageMs, quality: 'corrected' };
}

/** A time that nothing moves: taken as it is, clamped to the window, or not believed. */
function judge(occurredMs: number, receivedMs: number, rules: Rules): CorrectedTime {
  const aheadMs = occurredMs - receivedMs;
  if (occurredMs < rules.earliestMs || aheadMs > rules.futureMaxMs)
    return { occurredMs: receivedMs, quality: 'server' };
  if (aheadMs > rules.clockToleranceMs) return { occurredMs: receivedMs, quality: 'clamped' };
  if (-aheadMs > rules.pastMaxMs) return { occurredMs: receivedMs - rules.pastMaxMs, quality: 'clamped' };
  return { occurredMs, quality: 'trusted' };
}

import type { TimeQuality } from '../model/event.ts';
import type { Rules } from '../catalogue/rules.ts';

/** Milliseconds since 1970, or null when the client's time is missing or unreadable. */
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
 * When the event happened, by our clock. With a send time the event's age is known even when the client's
 * clock is wrong: received - (sent - occurred). Without one, the client's time is taken if it is possible.
 * (After Snowplow's derived timestamp, which lacked the guards: SP#3332 had an event in the year -5965.)
 */
export function correctTime({ occurredMs, sentMs, receivedMs }: ClientTimes, rules: Rules): CorrectedTime {
  if (occurredMs === null) return { occurredMs: receivedMs, quality: 'server' };
  if (sentMs === null) return judge(occurredMs, receivedMs, rules);
  const clockDifferenceMs = receivedMs - sentMs;
  if (Math.abs(clockDifferenceMs) <= rules.clockToleranceMs) return judge(occurredMs, receivedMs, rules);
  const ageMs = sentMs - occurredMs;
  if (ageMs >= 0 && ageMs <= rules.pastMaxMs) {
    return { occurredMs: receivedMs - ageMs, quality: 'corrected' };
  }
  // The two times do not belong together. One that no clock explains is as good as missing.
  if (isAbsurd(sentMs, receivedMs, rules)) return judge(occurredMs, receivedMs, rules);
  // The client's clock was set after the event, or the event is older than any client is believed.
  return ageMs < 0 || occurredMs < rules.earliestMs
    ? { occurredMs: receivedMs, quality: 'server' }
    : { occurredMs: receivedMs - rules.pastMaxMs, quality: 'clamped' };
}

function isAbsurd(sentMs: number, receivedMs: number, rules: Rules): boolean {
  return sentMs < rules.earliestMs || Math.abs(receivedMs - sentMs) > rules.pastMaxMs;
}

/** A time without a correction: it is kept, clamped to the window, or replaced by the time of receipt. */
function judge(occurredMs: number, receivedMs: number, rules: Rules): CorrectedTime {
  const aheadMs = occurredMs - receivedMs;
  if (occurredMs < rules.earliestMs || aheadMs > rules.futureMaxMs)
    return { occurredMs: receivedMs, quality: 'server' };
  if (aheadMs > rules.clockToleranceMs) return { occurredMs: receivedMs, quality: 'clamped' };
  if (-aheadMs > rules.pastMaxMs) return { occurredMs: receivedMs - rules.pastMaxMs, quality: 'clamped' };
  return { occurredMs, quality: 'trusted' };
}

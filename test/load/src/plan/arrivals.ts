/** A rate that is held for a while; without `seconds` to the end. */
export interface RateStep {
  eventsPerSecond: number;
  seconds?: number;
}

/**
 * Reads '5000' or '1000x30,5000x60': events a second, each for so many seconds. Throws when it is neither.
 */
export function parseRate(text: string): RateStep[] {
  const steps = text.split(',').map((step): RateStep => {
    const [, rate, seconds] = /^(\d{1,9})(?:x(\d{1,6}))?$/.exec(step) ?? [];
    if (rate === undefined || Number(rate) === 0 || Number(seconds ?? 1) === 0)
      throw new Error(`a rate is events a second, or steps such as 1000x30,5000x60, not ${text}`);
    const eventsPerSecond = Number(rate);
    return seconds === undefined ? { eventsPerSecond } : { eventsPerSecond, seconds: Number(seconds) };
  });
  if (steps.slice(0, -1).some(({ seconds }) => seconds === undefined))
    throw new Error(`only the last step of a rate may lack its seconds: ${text}`);
  return steps;
}

/** How many events all steps take together; undefined when the last one has no end. */
export function eventsOf(steps: readonly RateStep[]): number | undefined {
  let events = 0;
  for (const { eventsPerSecond, seconds } of steps) {
    if (seconds === undefined) return undefined;
    events += eventsPerSecond * seconds;
  }
  return events;
}

/** When the event with this number is due, in ms from the start, and in which step. The last rate goes on. */
export function arrivalOf(steps: readonly RateStep[], event: number): { dueMs: number; step: number } {
  let [dueMs, left] = [0, event];
  for (const [step, { eventsPerSecond, seconds = Number.POSITIVE_INFINITY }] of steps.entries()) {
    const events = eventsPerSecond * seconds;
    if (left < events || step === steps.length - 1)
      return { dueMs: dueMs + (left / eventsPerSecond) * 1_000, step };
    left -= events;
    dueMs += seconds * 1_000;
  }
  return { dueMs, step: 0 };
}

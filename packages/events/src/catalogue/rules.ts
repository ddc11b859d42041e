const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** The rules for clean events that no format knows. */
export interface Rules {
  /** A client's clock that differs by no more than this counts as right, and its time is kept. */
  readonly clockToleranceMs: number;
  /** An older time is clamped to this age. */
  readonly pastMaxMs: number;
  /** A time further ahead than this is impossible. One less far ahead is clamped to the time of receipt. */
  readonly futureMaxMs: number;
  /** A time before this is impossible, and the time of receipt replaces it. Milliseconds since 1970. */
  readonly earliestMs: number;
}

export const defaultRules: Rules = {
  clockToleranceMs: 5_000,
  pastMaxMs: 400 * dayMs,
  futureMaxMs: dayMs,
  earliestMs: Date.UTC(2000, 0, 1),
};

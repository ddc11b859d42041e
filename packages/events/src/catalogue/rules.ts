const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** What a clean event must keep to, beyond its format. */
export interface Rules {
  /** A client's clock within this of ours is right: its time is kept as it is. */
  readonly clockToleranceMs: number;
  /** Older than this is clamped to it. */
  readonly pastMaxMs: number;
  /** Further ahead than this is impossible; less is clamped to the time of receipt. */
  readonly futureMaxMs: number;
  /** No event happened before this: such a time is impossible, and the time of receipt stands in. Milliseconds since 1970. */
  readonly earliestMs: number;
}

export const defaultRules: Rules = {
  clockToleranceMs: 5_000,
  pastMaxMs: 400 * DAY_MS,
  futureMaxMs: DAY_MS,
  earliestMs: Date.UTC(2000, 0, 1),
};

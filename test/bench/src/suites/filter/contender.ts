import type { Backlog } from './backlog.ts';

/** The topics of one run, with names of their own. */
export interface RunTopics {
  readonly raw: string;
  readonly clean: string;
  readonly rejected: string;
  readonly seen: string;
  readonly group: string;
}

/** A program that turns the backlog into clean events, with positions committed as a consumer group. */
export interface FilterContender {
  readonly name: string;
  /**
   * What the ratios refer to, with what Redpanda Connect would take for each microsecond of this one: 1 for
   * itself. Undefined: not a peer.
   */
  readonly shareOfConnect?: number | undefined;
  /** Why it cannot take part. */
  readonly skipped?: string | undefined;
  /** Writes what the program reads, and says how to start it. */
  launch(bootstrap: readonly string[], topics: RunTopics, backlog: Backlog): Promise<FilterLaunch>;
}

export interface FilterLaunch {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

import type { Stranger } from '../link/strangers.ts';

/** A link as its ledger and its two clusters show it. Offsets are text, because JSON has no 64 bits. */
export interface LinkStatus {
  readonly link: string;
  /** When this was read, ISO 8601. */
  readonly at: string;
  /** Why the source says nothing: then this is what the ledger knows. Null: it answers. */
  readonly sourceAway: string | null;
  readonly sourceClusterId: string;
  readonly targetClusterId: string;
  readonly shards: number;
  /** How many topics the link has, whether they exist now or not. */
  readonly registeredTopics: number;
  readonly partitions: readonly LinkPartition[];
  readonly strangers: readonly Stranger[];
  /** Source topics that the configuration wants and that are not copied, until `mirror init`. */
  readonly unregisteredTopics: readonly string[];
  /** Registered topics of which nothing was ever seen at the source; none without the source. */
  readonly awaitedTopics: readonly string[];
  /** Why a part of the ledger cannot be seen: positions there may be older than what is committed. */
  readonly hidden: readonly string[];
}

/** One source partition. Null stands for unknown, never 0. */
export interface LinkPartition {
  readonly shard: number;
  readonly partition: string;
  /** Where the copies go; null: the ranges of the link have no room for it. */
  readonly target: string | null;
  /** The next source offset to copy; null: not begun. */
  readonly position: string | null;
  /** The end of the source's log. */
  readonly sourceEnd: string | null;
  /** Source offsets between the two. */
  readonly behind: number | null;
  readonly state: 'copied' | 'paused' | 'retired' | 'not-begun' | 'no-target-partition';
  readonly pause: PauseStatus | null;
  /** What an operator does about it, as lines for a shell: remarks are behind a `#`. Null: nothing. */
  readonly todo: string | null;
}

export interface PauseStatus {
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  /** ISO 8601; null: in a ledger of the first version. */
  readonly since: string | null;
  readonly detail: string;
}

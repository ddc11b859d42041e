import { widthOf, type Genesis, type Origin, type RegisteredTopic, type TargetRange } from '@penstock/ledger';

export type Naming = 'identity' | 'prefix';

/** A topic that is wanted, and what its source says of it. */
export interface ResolvedTopic {
  readonly name: string;
  /** Target partitions to keep for it; undefined: as many as the source has. */
  readonly width: number | undefined;
  /** What the source says of it; undefined: it is not there yet. */
  readonly source: { readonly id: string; readonly partitions: number } | undefined;
  /** Where it is itself copied from. */
  readonly origins: readonly Origin[];
}

export type Registered =
  | { readonly kind: 'registered'; readonly topics: readonly RegisteredTopic[] }
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

/**
 * Gives each topic of a link its target topic and its ranges of target partitions. Under identity naming,
 * links share a target topic and their ranges are disjoint. So order per source partition holds, and a link
 * that died with an open transaction stops only the readers of its own ranges. A range never moves once it
 * is given. A topic that needs more gets the partitions after its last range, or a further range after
 * those of the other links.
 */
export function registerTopics(
  wanted: readonly ResolvedTopic[],
  known: readonly RegisteredTopic[],
  others: readonly Genesis[],
  naming: (topic: string) => string,
): Registered {
  const problems: string[] = [];
  const topics = new Map(known.map((topic) => [topic.name, topic]));
  for (const { name, width, source, origins } of wanted) {
    const before = topics.get(name);
    const target = before?.target ?? naming(name);
    const needed = Math.max(width ?? 0, source?.partitions ?? 0);
    if (needed === 0 && before === undefined) {
      problems.push(
        `${name} is not at the source yet: say how many target partitions it shall have, ${name}:12`,
      );
      continue;
    }
    const taken = [...others.flatMap((genesis) => genesis.topics), ...topics.values()]
      .filter((other) => other.target === target)
      .flatMap(({ ranges }) => ranges);
    topics.set(name, {
      name,
      id: before?.id ?? source?.id ?? null,
      partitions: before?.partitions ?? source?.partitions ?? 0,
      target,
      ranges: grown(before?.ranges ?? [], needed, taken),
      origins,
    });
  }
  if (problems.length > 0) return { kind: 'refused', problems };
  return { kind: 'registered', topics: [...topics.values()] };
}

/** Target partitions that a target topic needs for all that this link has there. */
export function partitionsNeeded(target: string, topics: readonly RegisteredTopic[]): number {
  return endOf(topics.filter((topic) => topic.target === target).flatMap(({ ranges }) => ranges));
}

export function targetName(naming: Naming, link: string): (topic: string) => string {
  return naming === 'identity' ? (topic) => topic : (topic) => `${link}.${topic}`;
}

/** As `init` reports them: `0 to 5`, or `0 to 2 and 6 to 8`. */
export function rangesInWords(ranges: readonly TargetRange[]): string {
  return ranges.map(({ first, width }) => `${first} to ${first + width - 1}`).join(' and ');
}

function grown(
  ranges: readonly TargetRange[],
  needed: number,
  taken: readonly TargetRange[],
): readonly TargetRange[] {
  const more = needed - widthOf({ ranges });
  if (more <= 0) return ranges;
  const first = endOf(taken);
  const last = ranges.at(-1);
  // Nobody has taken anything after the last range: it becomes wider.
  return last !== undefined && last.first + last.width === first
    ? [...ranges.slice(0, -1), { first: last.first, width: last.width + more }]
    : [...ranges, { first, width: more }];
}

function endOf(ranges: readonly TargetRange[]): number {
  return Math.max(0, ...ranges.map(({ first, width }) => first + width));
}

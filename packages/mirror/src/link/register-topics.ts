import type { Genesis, RegisteredTopic } from '@penstock/ledger';

export type Naming = 'identity' | 'prefix';

export interface WantedTopic {
  readonly name: string;
  /** Target partitions to keep for it; undefined: as many as the source has. */
  readonly width: number | undefined;
  /** What the source says of it; undefined: it is not there yet. */
  readonly source: { readonly id: string; readonly partitions: number } | undefined;
}

export type Registered =
  | { readonly kind: 'registered'; readonly topics: readonly RegisteredTopic[] }
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

/**
 * Gives each topic of a link its target topic and its range of target partitions. Under identity naming links share a target
 * topic, and their ranges are disjoint: order per source partition holds, and a link that died with an open transaction
 * stops readers of its own range only. A range never moves once it is given; it may grow where the next partitions are free.
 */
export function registerTopics(
  wanted: readonly WantedTopic[],
  known: readonly RegisteredTopic[],
  others: readonly Genesis[],
  naming: (topic: string) => string,
): Registered {
  const problems: string[] = [];
  const topics = new Map(known.map((topic) => [topic.name, topic]));
  for (const { name, width, source } of wanted) {
    const before = topics.get(name);
    const target = before?.target ?? naming(name);
    const needed = Math.max(width ?? 0, source?.partitions ?? 0, before?.width ?? 0);
    if (needed === 0) {
      problems.push(
        `${name} is not at the source yet: say how many target partitions it shall have, ${name}:12`,
      );
      continue;
    }
    const taken = [...others.flatMap((genesis) => genesis.topics), ...topics.values()].filter(
      (other) => other.target === target && other !== before,
    );
    const first = before?.firstTargetPartition ?? Math.max(0, ...taken.map(endOf));
    const range = { firstTargetPartition: first, width: needed };
    const neighbour = taken.find((other) => overlaps(other, range));
    if (neighbour !== undefined) {
      problems.push(
        `${name} has target partitions ${first} to ${first + (before?.width ?? 0) - 1} of ${target} and needs ${needed}, ` +
          `but ${neighbour.firstTargetPartition} to ${endOf(neighbour) - 1} belong to another link`,
      );
      continue;
    }
    topics.set(name, {
      name,
      id: before?.id ?? source?.id ?? null,
      partitions: before?.partitions ?? source?.partitions ?? 0,
      target,
      ...range,
    });
  }
  if (problems.length > 0) return { kind: 'refused', problems };
  return { kind: 'registered', topics: [...topics.values()] };
}

/** Target partitions a target topic needs for all that is registered there. */
export function partitionsNeeded(target: string, topics: readonly RegisteredTopic[]): number {
  return Math.max(0, ...topics.filter((topic) => topic.target === target).map(endOf));
}

export function targetName(naming: Naming, link: string): (topic: string) => string {
  return naming === 'identity' ? (topic) => topic : (topic) => `${link}.${topic}`;
}

interface Range {
  readonly firstTargetPartition: number;
  readonly width: number;
}

function endOf(range: Range): number {
  return range.firstTargetPartition + range.width;
}

function overlaps(one: Range, other: Range): boolean {
  return one.firstTargetPartition < endOf(other) && other.firstTargetPartition < endOf(one);
}

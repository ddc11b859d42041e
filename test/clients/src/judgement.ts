/** What became of a promise in a client's hands. */
export interface Judgement {
  kept: boolean;
  /** In a few words, with counts. */
  account: string;
  counts: Readonly<Record<string, number>>;
}

/** What was sent to one partition, in that order, and what Kafka's own consumer sees of it. */
export interface SentAndSeen {
  sent: readonly string[];
  seen: readonly string[];
}

/**
 * An acknowledged record is there once, and no other is there twice. Order is told but not judged: none of
 * the others promises it for sends that do not wait for each other.
 */
export function judgeSends(partitions: readonly SentAndSeen[], acknowledged: ReadonlySet<string>): Judgement {
  const counts = { acknowledged: acknowledged.size, refused: 0, lost: 0, doubled: 0, outOfOrder: 0 };
  for (const { sent, seen } of partitions) {
    const times = countsOf(seen);
    counts.refused += sent.filter((value) => !acknowledged.has(value)).length;
    counts.lost += sent.filter((value) => acknowledged.has(value) && !times.has(value)).length;
    counts.doubled += [...times.values()].filter((count) => count > 1).length;
    counts.outOfOrder += outOfOrder(sent, seen);
  }
  return { kept: counts.lost + counts.doubled === 0, account: accountOf(counts), counts };
}

/** Of what readers may see, everything is seen once; of what was never committed, nothing. */
export function judgeReading(committed: readonly string[], seen: readonly string[]): Judgement {
  const times = countsOf(seen);
  const visible = new Set(committed);
  const counts = {
    read: seen.length,
    uncommitted: seen.filter((value) => !visible.has(value)).length,
    missing: committed.filter((value) => !times.has(value)).length,
    doubled: [...times].filter(([value, count]) => visible.has(value) && count > 1).length,
  };
  const kept = counts.uncommitted + counts.missing + counts.doubled === 0;
  return { kept, account: accountOf(counts), counts };
}

/** How many come before one that was sent earlier; what came a second time counts where it came first. */
function outOfOrder(sent: readonly string[], seen: readonly string[]): number {
  const place = new Map(sent.map((value, index) => [value, index]));
  let last = -1;
  let count = 0;
  for (const value of new Set(seen)) {
    const at = place.get(value) ?? last;
    if (at < last) count++;
    last = Math.max(last, at);
  }
  return count;
}

function countsOf(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** "3 acknowledged, 1 lost": zeros are left out. */
function accountOf(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`)
    .join(', ');
}

/** What the metadata says of a partition. */
export interface LedPartition {
  /** -1: none. */
  leader: number;
  inSync?: number | undefined;
}

export interface Writable {
  /** Partitions that can take a record now. */
  count: number;
  total: number;
  /** Of those that cannot. */
  withoutLeader: number;
  belowMinInSync: number;
}

/** A write needs a leader and as many replicas in sync as the topic asks for. */
export function writablePartitions(partitions: readonly LedPartition[], minInSync: number): Writable {
  const withoutLeader = partitions.filter(({ leader }) => leader < 0).length;
  const belowMinInSync = partitions.filter(
    ({ leader, inSync }) => leader >= 0 && inSync !== undefined && inSync < minInSync,
  ).length;
  const total = partitions.length;
  return { count: total - withoutLeader - belowMinInSync, total, withoutLeader, belowMinInSync };
}

/**
 * Why a Receiver should get no requests now: most of them would fail. While half of the partitions or more
 * can be written it stays ready, since all Receivers see the same: out of the balancer together they would
 * refuse everything.
 */
export function notWritable(topic: string, writable: Writable): string | undefined {
  const { count, total, withoutLeader, belowMinInSync } = writable;
  if (count * 2 >= total && count > 0) return undefined;
  return (
    `${count} of ${total} partitions of ${topic} can be written: ` +
    `${withoutLeader} without a leader, ${belowMinInSync} below min.insync.replicas`
  );
}

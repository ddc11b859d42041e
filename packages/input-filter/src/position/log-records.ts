import {
  listOffsets,
  PositionError,
  readRange,
  readRecords,
  startFetcher,
  type Cluster,
  type RecordView,
} from '@penstock/kafka';

export async function offsetOf(
  cluster: Cluster,
  topic: string,
  partition: number,
  at: 'earliest' | 'latest' | { timestampMs: number },
  signal: AbortSignal,
): Promise<bigint> {
  const found = await listOffsets(cluster, topic, [partition], at, 'read_uncommitted', { signal });
  return found.get(partition)!.offset;
}

/**
 * The last committed record below `end` that has a value, null when none is left. Looks further and further
 * back, since the end of a log may hold nothing but markers and aborted batches.
 */
export async function lastRecord(
  cluster: Cluster,
  topic: string,
  partition: number,
  end: bigint,
  signal: AbortSignal,
): Promise<RecordView | null> {
  if (end === 0n) return null;
  const start = await offsetOf(cluster, topic, partition, 'earliest', signal);
  for (let back = 16n; ; back *= 32n) {
    const from = end - back > start ? end - back : start;
    let last: RecordView | null = null;
    const visit = (record: RecordView) => {
      if (record.value !== null) last = record;
    };
    await readRange(cluster, topic, partition, from, end, 'read_committed', visit, { signal });
    if (last !== null || from === start) return last;
  }
}

/** The first committed record in [from, below), looked for in the next few only; null when there is none. */
export async function firstRecord(
  cluster: Cluster,
  topic: string,
  partition: number,
  from: bigint,
  below: bigint,
  signal: AbortSignal,
): Promise<RecordView | null> {
  const to = from + 16n < below ? from + 16n : below;
  let first: RecordView | null = null;
  const visit = (record: RecordView) => {
    first ??= record;
  };
  await readRange(cluster, topic, partition, from, to, 'read_committed', visit, { signal });
  return first;
}

/**
 * The committed records in [from, end), a broker's answer at a time: the memory is bounded however many they
 * are. Waits for the end. Throws PositionError, CorruptBatchError and the signal's reason.
 */
export async function* recordsBetween(
  cluster: Cluster,
  topic: string,
  partition: number,
  from: bigint,
  end: bigint,
  signal: AbortSignal,
): AsyncGenerator<RecordView> {
  if (from >= end) return;
  using fetcher = startFetcher(cluster, { isolation: 'read_committed' });
  fetcher.assign(topic, partition, { offset: from, lastFetchedEpoch: -1 });
  for (let position = from; position < end;) {
    for (const fetched of await fetcher.next({ signal })) {
      if (fetched.problem) throw new PositionError(fetched.problem);
      for (const batch of fetched.batches) {
        for (const record of readRecords(batch)) if (record.offset < end) yield record;
      }
      position = fetched.nextOffset;
    }
    signal.throwIfAborted();
  }
}

import { listOffsets, type PartitionPlace, type PositionProblem, type RecordView } from '@penstock/kafka';
import { LogReader } from './log-reader.ts';

export async function offsetOf(
  { cluster, topic, partition }: PartitionPlace,
  at: 'earliest' | 'latest' | { timestampMs: number },
  signal: AbortSignal,
): Promise<bigint> {
  const found = await listOffsets(cluster, topic, [partition], at, 'read_uncommitted', { signal });
  return found.get(partition)!.offset;
}

/** The first record that is not older, whatever comes before it; undefined when there is none. */
export async function offsetAtTime(
  place: PartitionPlace,
  timestampMs: number,
  signal: AbortSignal,
): Promise<bigint | undefined> {
  const offset = await offsetOf(place, { timestampMs }, signal);
  return offset < 0n ? undefined : offset;
}

/** The end of a log, as far as it can be read. */
export interface LastRecord {
  /** The last committed one that has a value; null when none is left. */
  readonly record: RecordView | null;
  /** What comes after it and cannot be read. */
  readonly problem: PositionProblem | null;
}

export interface LookBack {
  readonly inflatedBytesMax?: number;
  /**
   * The length of a batch with a wrong checksum is not known. Normally such a batch ends the look back. If
   * this is true, each offset from there on is tried, and what lies before the batch is looked at as well.
   */
  readonly triesEveryOffset?: boolean;
}

/**
 * The last committed record below `end` that has a value. Looks further and further back, since the end of a
 * log may hold nothing but markers and aborted batches.
 */
export async function lastRecord(
  place: PartitionPlace,
  end: bigint,
  signal: AbortSignal,
  { triesEveryOffset = false, ...limits }: LookBack = {},
): Promise<LastRecord> {
  if (end === 0n) return { record: null, problem: null };
  const start = await offsetOf(place, 'earliest', signal);
  let nearestEnd: PositionProblem | null = null;
  let below = end;
  for (let back = 16n; ; back *= 32n) {
    const from = below - back > start ? below - back : start;
    const problems: PositionProblem[] = [];
    const skips = (problem: PositionProblem): boolean => problems.push(problem) > 0;
    const { cluster, topic, partition } = place;
    using reader = new LogReader(cluster, { topic, partition, skips, ...limits }, signal);
    let last: RecordView | null = null;
    for await (const record of reader.between(from, below)) {
      if (record.value === null) continue;
      last = record;
      problems.length = 0;
    }
    const problem = problems[0] ?? null;
    nearestEnd ??= problem;
    if (last !== null || from === start) return { record: last, problem: nearestEnd };
    if (problem === null || problem.to > problem.from) continue;
    if (!triesEveryOffset) return { record: null, problem: nearestEnd };
    below = problem.from;
  }
}

/**
 * The committed records in [from, end), a broker's answer at a time: the memory is bounded however many they
 * are. Waits for the end. Throws UnreadableError, PositionError and the signal's reason.
 */
export async function* recordsBetween(
  { cluster, topic, partition }: PartitionPlace,
  from: bigint,
  end: bigint,
  signal: AbortSignal,
): AsyncGenerator<RecordView> {
  using reader = new LogReader(cluster, { topic, partition }, signal);
  yield* reader.between(from, end);
}

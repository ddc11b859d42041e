import { committedOffsets, listOffsets, type Cluster, type TxnSession } from '@penstock/kafka';
import { FilterError } from '../errors.ts';
import { firstRecord, offsetOf } from '../position/log-records.ts';

/** What is reprocessed: what was received in [fromMs, toMs), milliseconds since 1970. */
export interface ReprocessTime {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The raw offsets of one partition that are reprocessed, and how far that is. */
export interface ReprocessRange {
  readonly partition: number;
  /** [start, end): fixed when the reprocessing begins, so that it ends by itself. */
  readonly start: bigint;
  readonly end: bigint;
  /** Everything below it is in the target. */
  readonly position: bigint;
  /** Highest received_at up to there. */
  readonly streamMs: number;
}

/** Where the positions of one reprocessing are: committed offsets of a group of its own. */
export interface ReprocessGroup {
  readonly cluster: Cluster;
  readonly id: string;
  readonly raw: string;
  readonly rawTopicId: string;
  readonly into: string;
  readonly time: ReprocessTime;
}

/**
 * The ranges of all partitions. Those that have none yet get one, in a transaction that holds nothing else,
 * before anything is written: from then on a target that holds records without a position of ours belongs to
 * somebody else, or the position was lost.
 *
 * Call it with the session open: an earlier run can commit nothing any more.
 *
 * Throws FilterError COMMAND, before anything is written.
 */
export async function claimRanges(
  group: ReprocessGroup,
  partitions: readonly number[],
  session: TxnSession,
  signal: AbortSignal,
): Promise<ReprocessRange[]> {
  const found = await readRanges(group, partitions, signal);
  const missing = partitions.filter((partition) => !found.has(partition));
  await refuseForeignTarget(group, missing, signal);
  for (const partition of missing) found.set(partition, await rangeOf(group, partition, signal));
  const fresh = missing.map((partition) => found.get(partition)!);
  if (fresh.length > 0) {
    session.offsets(offsetsOf(group, fresh));
    await session.commit();
  }
  return partitions.map((partition) => found.get(partition)!);
}

/** For the transaction that holds what was made of a range up to its position. */
export function offsetsOf(group: ReprocessGroup, ranges: readonly ReprocessRange[]) {
  return {
    groupId: group.id,
    memberId: '',
    memberEpoch: () => -1,
    offsets: ranges.map((range) => ({
      topic: group.raw,
      partition: range.partition,
      offset: range.position,
      leaderEpoch: -1,
      metadata: JSON.stringify({
        ...{ topic: group.rawTopicId, from: group.time.fromMs, to: group.time.toMs },
        ...{ start: String(range.start), end: String(range.end), stream: range.streamMs },
      }),
    })),
  };
}

/** What earlier runs have committed. Throws FilterError COMMAND when that was another reprocessing. */
export async function readRanges(
  group: ReprocessGroup,
  partitions: readonly number[],
  signal: AbortSignal,
): Promise<Map<number, ReprocessRange>> {
  const committed = await committedOffsets(group.cluster, {
    groupId: group.id,
    memberId: null,
    memberEpoch: -1,
    partitions: partitions.map((partition) => ({ topic: group.raw, partition })),
    signal,
  });
  const ranges = new Map<number, ReprocessRange>();
  for (const partition of partitions) {
    const one = committed.get(`${group.raw}-${partition}`);
    if (one) ranges.set(partition, readRange(group, partition, one.offset, one.metadata));
  }
  return ranges;
}

function readRange(
  { id, into, rawTopicId, time }: ReprocessGroup,
  partition: number,
  position: bigint,
  metadata: string | null,
): ReprocessRange {
  const { topic, from, to, start, end, stream } = parsed(metadata);
  if (typeof start !== 'string' || typeof end !== 'string' || typeof stream !== 'number') {
    throw refused(`the offsets of group ${id} were not written by reprocess`);
  }
  if (topic !== rawTopicId) throw refused(`${into} was begun from another topic of the same name`);
  if (from !== time.fromMs || to !== time.toMs) {
    const [began, ends] = [from, to].map((ms) => (typeof ms === 'number' ? new Date(ms).toISOString() : '?'));
    throw refused(
      `${into} holds another reprocessing, --from ${began} --to ${ends}: give a topic of its own`,
    );
  }
  return { partition, start: BigInt(start), end: BigInt(end), position, streamMs: stream };
}

function parsed(metadata: string | null): Record<string, unknown> {
  try {
    const read: unknown = JSON.parse(metadata ?? '');
    return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : {};
  } catch {
    return {}; // somebody else's
  }
}

async function refuseForeignTarget(
  { cluster, into }: ReprocessGroup,
  partitions: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  for (const partition of partitions) {
    const end = await offsetOf(cluster, into, partition, 'latest', signal);
    if (end === 0n) continue;
    throw refused(
      `${into} ${partition} was written before, and there is no position of this reprocessing: ` +
        'what it holds might be written twice. Give a topic of its own',
    );
  }
}

async function rangeOf(
  { cluster, raw, time }: ReprocessGroup,
  partition: number,
  signal: AbortSignal,
): Promise<ReprocessRange> {
  const logStart = await offsetOf(cluster, raw, partition, 'earliest', signal);
  const logEnd = await offsetOf(cluster, raw, partition, 'latest', signal);
  const start = (await offsetAt(cluster, raw, partition, time.fromMs, signal)) ?? logEnd;
  const end = (await offsetAt(cluster, raw, partition, time.toMs, signal)) ?? logEnd;
  if (start === logStart && logStart > 0n && start < end) {
    const first = await firstRecord(cluster, raw, partition, logStart, logEnd, signal);
    const firstMs = first?.timestampMs ?? time.fromMs;
    throw refused(
      `retention has deleted what was received before ${new Date(firstMs).toISOString()} from ${raw} ` +
        `${partition}, perhaps later than --from: give a --from after that`,
    );
  }
  return { partition, start, end: end > start ? end : start, position: start, streamMs: time.fromMs };
}

/** The first record that is not older, whatever comes before it; undefined when there is none. */
export async function offsetAt(
  cluster: Cluster,
  topic: string,
  partition: number,
  timestampMs: number,
  signal: AbortSignal,
): Promise<bigint | undefined> {
  const at = { timestampMs };
  const found = await listOffsets(cluster, topic, [partition], at, 'read_uncommitted', { signal });
  const { offset } = found.get(partition)!;
  return offset < 0n ? undefined : offset;
}

function refused(why: string): FilterError {
  return new FilterError('COMMAND', why);
}

import { committedOffsets, partitionName, type Cluster, type TransactionSession } from '@penstock/kafka';
import { FilterError } from '../errors.ts';
import { LogReader } from '../position/log-reader.ts';
import { offsetAtTime, offsetOf } from '../position/log-records.ts';

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
  session: TransactionSession,
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
    positions: ranges.map((range) => ({
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
    const one = committed.get(partitionName(group.raw, partition));
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
    const end = await offsetOf({ cluster, topic: into, partition }, 'latest', signal);
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
  const place = { cluster, topic: raw, partition };
  const logStart = await offsetOf(place, 'earliest', signal);
  const logEnd = await offsetOf(place, 'latest', signal);
  const start = (await offsetAtTime(place, time.fromMs, signal)) ?? logEnd;
  const end = (await offsetAtTime(place, time.toMs, signal)) ?? logEnd;
  if (start === logStart && logStart > 0n && start < end) {
    using reader = new LogReader(cluster, { topic: raw, partition }, signal);
    const first = await reader.first(logStart, logEnd);
    const firstMs = first?.timestampMs ?? time.fromMs;
    throw refused(
      `retention has deleted what was received before ${new Date(firstMs).toISOString()} from ${raw} ` +
        `${partition}, perhaps later than --from: give a --from after that`,
    );
  }
  return { partition, start, end: end > start ? end : start, position: start, streamMs: time.fromMs };
}

function refused(why: string): FilterError {
  return new FilterError('COMMAND', why);
}

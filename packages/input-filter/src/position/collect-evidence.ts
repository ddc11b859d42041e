import { decodeBuiltInFields } from '@penstock/events';
import { decodeSeen, seenTimeOf } from '../dedup/seen-record.ts';
import type { WindowTime } from '../dedup/window-time.ts';
import { committedPositions, type FilterGroup } from './filter-group.ts';
import { seenInflatedBytesMax } from './log-reader.ts';
import { lastRecord, offsetOf } from './log-records.ts';
import { pauseForOutput, type Pause } from './pause.ts';
import { isAccepted, readPositionMetadata, type PositionMetadata } from './position-metadata.ts';
import type { Offsets } from './starting-position.ts';

export interface Evidence {
  readonly offsets: Offsets;
  /** What was accepted of another seen topic is left out. */
  readonly metadata: PositionMetadata;
  readonly seenTopicId: string;
  /** Leader epoch of the last record that was filtered; -1 when unknown. */
  readonly leaderEpoch: number;
  /** End of seen-p, read_uncommitted: whatever the committed offset covers lies below it. */
  readonly seenEnd: bigint;
  /** Of the last record of seen below it that can be read; null when there is none. */
  readonly lastSeen: WindowTime | null;
  /**
   * The end of seen cannot be read, or that of clean, which matters where seen shows nothing. No operator has
   * accepted it.
   */
  readonly unreadable: Pause | null;
}

/**
 * Collects what Kafka says about one partition: steps 2 to 4 of `takeOverPartition`, in that order, without
 * the window. Waits for open transactions: those of other owners (the offset must be stable), and those below
 * the ends of seen and clean.
 */
export async function collectEvidence(
  partition: number,
  group: FilterGroup,
  signal: AbortSignal,
): Promise<Evidence> {
  const { cluster, topics } = group;
  const committed = (await committedPositions(group, [partition], signal)).get(partition); // 2
  const read = readPositionMetadata(committed?.metadata ?? null);
  const raw = await cluster.topic(topics.raw, { refresh: true });
  const { id: seenTopicId } = await cluster.topic(topics.seen, { refresh: true });
  const isOfThisSeen = read.seenAccepted?.topicId === seenTopicId;
  const metadata = { ...read, seenAccepted: isOfThisSeen ? read.seenAccepted : null };
  const placeIn = (topic: string) => ({ cluster, topic, partition });
  const at = (topic: string, where: 'earliest' | 'latest') => offsetOf(placeIn(topic), where, signal);
  const [rawStart, rawEnd, seenEnd, ...cleanEnds] = await Promise.all([
    at(topics.raw, 'earliest'),
    at(topics.raw, 'latest'),
    at(topics.seen, 'latest'), // 3
    ...topics.clean.map((topic) => at(topic, 'latest')), // 3
  ]);
  const [seen, ...cleans] = await Promise.all([
    lastRecord(placeIn(topics.seen), seenEnd, signal, seenLookBack), // 4
    ...cleanEnds.map((end, n) => lastRecord(placeIn(topics.clean[n]!), end, signal)), // 4
  ]);
  const seenTo = (seen.record?.value && decodeSeen(seen.record.value)?.to) ?? null;
  const cleanTos = () =>
    cleans.map(({ record }) => (record?.value ? nextRawOffset(record.value, partition, group) : null));
  // seen has a record of every transaction, but not for long; clean is kept for days. After an operator has
  // gone back, clean may show more than is filtered again: it is asked only when seen does not tell.
  const proven = seenTo !== null && seen.problem === null ? seenTo : highest([seenTo, ...cleanTos()]);
  const offsets: Offsets = {
    committed: committed?.offset ?? null,
    chosen: metadata.chosenAtMs !== null,
    committedTopicId: metadata.topicId,
    rawTopicId: raw.id,
    rawStart,
    rawEnd,
    written: [seenEnd, ...cleanEnds].some((end) => end > 0n),
    proven,
  };
  const cleanProblem = cleans.find(({ problem }) => problem !== null)?.problem;
  return {
    offsets,
    metadata,
    seenTopicId,
    leaderEpoch: committed?.leaderEpoch ?? -1,
    seenEnd,
    lastSeen: seen.record && seenTimeOf(seen.record),
    unreadable:
      seen.problem && !isAccepted(seen.problem, metadata.seenAccepted?.below)
        ? pauseForOutput('seen-corrupt', seen.problem, offsets)
        : cleanProblem && seenTo === null && metadata.chosenAtMs === null
          ? pauseForOutput('clean-corrupt', cleanProblem, offsets)
          : null,
  };
}

/** The window before what cannot be read is known all the same, once an operator has accepted the rest. */
const seenLookBack = { inflatedBytesMax: seenInflatedBytesMax, triesEveryOffset: true };

/**
 * The offset after the raw record that an event of clean was made from: everything below it is certainly
 * filtered.
 */
function nextRawOffset(
  encoded: Uint8Array,
  partition: number,
  { topics, cluster: { log } }: FilterGroup,
): bigint | null {
  try {
    const { origin } = decodeBuiltInFields(Buffer.from(encoded));
    if (origin.topic === topics.raw && origin.partition === partition) return BigInt(origin.offset) + 1n;
    log.warn({ partition, origin: origin.topic }, 'the last event of clean came from another raw topic');
  } catch (error) {
    log.warn({ partition, error }, 'the last record of clean is not an event that this version can read');
  }
  return null;
}

function highest(offsets: readonly (bigint | null)[]): bigint | null {
  return offsets.reduce<bigint | null>(
    (most, one) => (one !== null && (most === null || one > most) ? one : most),
    null,
  );
}

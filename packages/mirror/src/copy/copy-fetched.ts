import {
  baseTimestampAt,
  CorruptBatchError,
  maxTimestampAt,
  type Fetched,
  type FetchedBatch,
  type OutgoingRecord,
  type TransactionSession,
} from '@penstock/kafka';
import type { MirrorMetrics } from '../metrics.ts';
import type { CopiedPartition } from './copied-partition.ts';
import { planCopy, type CopyLimits, type Piece } from './plan-copy.ts';
import { referenceTo } from './reject-oversize.ts';
import { rewriteBatches, type RewrittenBatch } from './rewrite-batches.ts';

/** A batch in the open transaction, in the order of appending: `commit` answers in that order. */
export interface Appended {
  readonly partition: CopiedPartition;
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  readonly count: number;
  readonly bytes: number;
  /** Of each record; undefined: they follow one another without a gap. */
  readonly offsets: readonly bigint[] | undefined;
  /** Of its first record, ms since 1970; negative: it has none. */
  readonly timestampMs: number;
}

/** Where copies go: the open transaction and the list of what is in it. */
export interface OpenCopies {
  readonly session: Pick<TransactionSession, 'append'>;
  readonly appended: Appended[];
  /** References to records that are left out; undefined: such a record pauses its partition. */
  readonly rejected: OutgoingRecord[] | undefined;
}

/**
 * Appends what was fetched of one partition and moves its position past it, including control batches,
 * aborted batches and gaps. A record that cannot be copied pauses the partition exactly there; everything
 * before it is in the transaction.
 */
export function copyFetched(
  partition: CopiedPartition,
  fetched: Fetched,
  limits: CopyLimits,
  open: OpenCopies,
  metrics: MirrorMetrics,
): void {
  const { highWatermark, lastStableOffset } = fetched;
  partition.hears({ highWatermark, lastStableOffset, heardAt: performance.now() });
  const { refusal } = partition;
  const within = refusal === undefined ? limits : { ...limits, before: refusal.from };
  for (const piece of planCopy(wantedBatches(partition, fetched, metrics), within)) {
    copyPiece(partition, piece, within, open, metrics);
    if (partition.pause !== null) return;
  }
  if (refusal !== undefined && fetched.nextOffset > refusal.from) {
    partition.moveTo(refusal.from, -1);
    partition.pauseFor(refusal);
    return;
  }
  partition.moveTo(fetched.nextOffset, fetched.lastEpoch);
  partition.lastTimestampMs = fetched.batches.at(-1)?.maxTimestampMs ?? partition.lastTimestampMs;
}

/** A batch below the position would be a double. It is dropped and counted, whatever the fetch believes. */
function wantedBatches(
  partition: CopiedPartition,
  fetched: Fetched,
  metrics: MirrorMetrics,
): readonly FetchedBatch[] {
  const { position } = partition.next;
  const refusedOffset = partition.refusal?.from;
  const wanted = fetched.batches.filter(
    (batch) =>
      batch.firstOffset >= position && (refusedOffset === undefined || batch.baseOffset < refusedOffset),
  );
  const below = fetched.batches.filter((batch) => batch.firstOffset < position).length;
  if (below > 0) metrics.batches.add(below, 'below-position');
  return wanted;
}

function copyPiece(
  partition: CopiedPartition,
  piece: Piece,
  limits: CopyLimits,
  open: OpenCopies,
  metrics: MirrorMetrics,
): void {
  if (piece.kind === 'pass') {
    const { bytes, count, baseOffset, lastOffset } = piece.batch;
    append(partition, { bytes, count, firstOffset: baseOffset, lastOffset, offsets: undefined }, open);
    partition.moveTo(lastOffset + 1n, piece.batch.leaderEpoch);
    metrics.batches.add(1, 'pass');
    return;
  }
  metrics.batches.add(piece.batches.length, piece.reason);
  try {
    const { rejected } = open;
    const { batches, oversize } = rewriteBatches(piece.batches, limits, rejected ? 'leave-out' : 'end');
    for (const batch of batches) {
      append(partition, batch, open);
      partition.moveTo(batch.lastOffset + 1n, -1);
    }
    const [tooLarge] = oversize;
    if (tooLarge === undefined || rejected !== undefined) {
      rejected?.push(...oversize.map((record) => referenceTo(partition, record, limits.messageBytesMax)));
      return moveAfter(partition, piece.batches, limits.before);
    }
    partition.moveTo(tooLarge.offset, -1);
    const detail = `a record of ${tooLarge.bytes} bytes; the target takes ${limits.messageBytesMax}`;
    partition.pauseFor({ kind: 'refused', from: tooLarge.offset, to: tooLarge.offset + 1n, detail });
  } catch (error) {
    if (!(error instanceof CorruptBatchError)) throw error;
    const from = partition.next.position;
    partition.pauseFor({ kind: 'corrupt', from, to: endOf(piece.batches), detail: error.message });
  }
}

function append(partition: CopiedPartition, batch: RewrittenBatch, open: OpenCopies): void {
  const { bytes, count, firstOffset, lastOffset, offsets } = batch;
  open.session.append(partition.target.topic, partition.target.partition, { bytes, count });
  const timestampMs = firstTimestampMs(bytes);
  const what = { firstOffset, lastOffset, count, bytes: bytes.length, offsets };
  open.appended.push({ partition, ...what, timestampMs });
}

/**
 * By the header alone. Where compaction has set a delete horizon, that is in place of the first time, and
 * lies in the future: then the latest time is the nearest there is.
 */
function firstTimestampMs(bytes: Buffer): number {
  return Math.min(Number(baseTimestampAt(bytes, 0)), Number(maxTimestampAt(bytes, 0)));
}

/** A compacted batch may end in a gap: the position goes past the gap, not only past the last record. */
function moveAfter(
  partition: CopiedPartition,
  batches: readonly FetchedBatch[],
  before: bigint | undefined,
): void {
  const end = endOf(batches);
  if (before !== undefined && end > before) return; // the rest of the last one is refused
  partition.moveTo(end, batches.at(-1)?.leaderEpoch ?? -1);
}

/** The offset after the last one of these batches. */
function endOf(batches: readonly FetchedBatch[]): bigint {
  return (batches.at(-1)?.lastOffset ?? -1n) + 1n;
}

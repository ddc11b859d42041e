import { CorruptBatchError, type Fetched, type FetchedBatch, type TxnSession } from '@penstock/kafka';
import type { CopiedPartition } from './copied-partition.ts';
import type { MirrorMetrics } from '../metrics.ts';
import { planCopy, type CopyLimits, type Piece } from './plan-copy.ts';
import { rewriteBatches } from './rewrite-batches.ts';

/** A batch in the open transaction, in the order of appending: `commit` answers in that order. */
export interface Appended {
  readonly partition: CopiedPartition;
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  readonly count: number;
  readonly bytes: number;
}

/** Where copies go: the open transaction and the list of what is in it. */
export interface OpenTransaction {
  readonly session: Pick<TxnSession, 'append'>;
  readonly appended: Appended[];
}

/**
 * Appends what was fetched of one partition and moves its position behind it, control batches, aborted ones and gaps
 * included. What cannot be copied pauses the partition exactly there: everything before it is in the transaction.
 */
export function copyFetched(
  partition: CopiedPartition,
  fetched: Fetched,
  limits: CopyLimits,
  open: OpenTransaction,
  metrics: MirrorMetrics,
): void {
  partition.sees(fetched.highWatermark, fetched.lastStableOffset);
  const { stop } = partition;
  const wanted = wantedBatches(partition, fetched, metrics);
  for (const piece of planCopy(wanted, limits)) {
    copyPiece(partition, piece, limits, open, metrics);
    if (partition.isPaused) return;
  }
  if (stop !== undefined && fetched.nextOffset > stop.from) {
    moveTo(partition, stop.from, -1);
    partition.pause(stop, 'the target refused this batch');
    return;
  }
  moveTo(partition, fetched.nextOffset, fetched.lastEpoch);
  partition.lastTimestampMs = fetched.batches.at(-1)?.maxTimestampMs ?? partition.lastTimestampMs;
}

/** A batch below the position would be a double: dropped and counted, whatever the fetch thinks. */
function wantedBatches(
  partition: CopiedPartition,
  fetched: Fetched,
  metrics: MirrorMetrics,
): readonly FetchedBatch[] {
  const { position } = partition.next;
  const stopAt = partition.stop?.from;
  const wanted = fetched.batches.filter(
    (batch) => batch.firstOffset >= position && (stopAt === undefined || batch.baseOffset < stopAt),
  );
  const below = fetched.batches.filter((batch) => batch.firstOffset < position).length;
  if (below > 0) metrics.batches.add(below, 'below-position');
  return wanted;
}

function copyPiece(
  partition: CopiedPartition,
  piece: Piece,
  limits: CopyLimits,
  open: OpenTransaction,
  metrics: MirrorMetrics,
): void {
  if (piece.kind === 'pass') {
    const { bytes, count, baseOffset, lastOffset } = piece.batch;
    append(partition, { bytes, count, firstOffset: baseOffset, lastOffset }, open);
    moveTo(partition, lastOffset + 1n, piece.batch.leaderEpoch);
    metrics.batches.add(1, 'pass');
    return;
  }
  metrics.batches.add(piece.batches.length, piece.reason);
  try {
    const { batches, oversize } = rewriteBatches(piece.batches, limits);
    for (const batch of batches) {
      append(partition, batch, open);
      moveTo(partition, batch.lastOffset + 1n, -1);
    }
    if (oversize === undefined) return moveBehind(partition, piece.batches);
    moveTo(partition, oversize.offset, -1);
    const detail = `a record of ${oversize.bytes} bytes; the target takes ${limits.maxMessageBytes}`;
    partition.pause({ kind: 'refused', from: oversize.offset, to: oversize.offset + 1n }, detail);
  } catch (error) {
    if (!(error instanceof CorruptBatchError)) throw error;
    const from = partition.next.position;
    partition.pause({ kind: 'corrupt', from, to: behind(piece.batches) }, error.message);
  }
}

function append(
  partition: CopiedPartition,
  batch: { bytes: Buffer; count: number; firstOffset: bigint; lastOffset: bigint },
  open: OpenTransaction,
): void {
  const { bytes, count, firstOffset, lastOffset } = batch;
  open.session.append(partition.target.topic, partition.target.partition, { bytes, count });
  open.appended.push({ partition, firstOffset, lastOffset, count, bytes: bytes.length });
}

/** A compacted batch may end in a gap: the position goes behind it, not only behind its last record. */
function moveBehind(partition: CopiedPartition, batches: readonly FetchedBatch[]): void {
  moveTo(partition, behind(batches), batches.at(-1)?.leaderEpoch ?? -1);
}

function behind(batches: readonly FetchedBatch[]): bigint {
  return (batches.at(-1)?.lastOffset ?? -1n) + 1n;
}

/**
 * Never backwards. The epoch is that of the record before the position, or -1 for unknown: with an older one the source
 * would take the position for one that leaves its log (KIP-595).
 */
function moveTo(partition: CopiedPartition, position: bigint, leaderEpoch: number): void {
  const { next } = partition;
  if (position < next.position || (position === next.position && leaderEpoch < 0)) return;
  partition.next = { ...next, position, leaderEpoch };
}

import { crc32c } from '@node-rs/crc32';
import {
  attributesAt,
  baseOffsetAt,
  batchBytesAt,
  batchHeaderBytes,
  checkedFrom,
  controlBit,
  countAt,
  crcAt,
  lastOffsetDeltaAt,
  leaderEpochAt,
  magicAt,
  maxTimestampAt,
  producerIdAt,
  transactionalBit,
} from '../bytes/batch-header.ts';
import type { AbortedTransaction } from '../requests/fetch.ts';

/** A data batch as it is in the log. */
export interface FetchedBatch {
  /** The whole v2 batch: a view of the answer, see `Fetched`. Its holder may change it in place. */
  bytes: Buffer;
  baseOffset: bigint;
  lastOffset: bigint;
  /** The first offset that is wanted: above `baseOffset` when the fetch began inside the batch. */
  firstOffset: bigint;
  /** Records in the batch, including those below `firstOffset`. */
  count: number;
  leaderEpoch: number;
  /** Milliseconds since 1970. */
  maxTimestampMs: number;
}

export interface VisibleBatches {
  batches: FetchedBatch[];
  /** After everything that was read: data, aborted data and control batches. */
  nextOffset: bigint;
  /** Leader epoch of the last batch read, -1 if none was. */
  lastEpoch: number;
  /** What is wrong with the batch at `nextOffset`, which is whole but cannot be trusted. */
  corrupt?: string | undefined;
}

/**
 * What a reader may see of the batches in one fetch response, from `position` on.
 *
 * The response names every aborted transaction that overlaps it. So the set of aborted ones is built for each
 * response and never kept: in another client, a set that outlived a seek dropped committed data. A
 * transaction is aborted from its first offset up to the producer's ABORT marker. The order of the steps is
 * that of Kafka's CompletedFetch.java (4.2).
 */
export function visibleBatches(
  records: Buffer,
  position: bigint,
  aborted: readonly AbortedTransaction[],
  readCommitted: boolean,
): VisibleBatches {
  const visible: VisibleBatches = { batches: [], nextOffset: position, lastEpoch: -1 };
  const beginnings = aborted.toSorted((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const abortedProducers = new Set<bigint>();
  let begun = 0;
  let offsetRead = -1n;
  for (let at = 0; at + batchHeaderBytes <= records.length;) {
    const end = at + batchBytesAt(records, at);
    if (end > records.length) break; // cut off by the byte limit of the fetch: the next one brings all of it
    const bytes = records.subarray(at, end);
    visible.corrupt = problemOf(bytes, offsetRead);
    if (visible.corrupt !== undefined) return visible;
    at = end;
    const baseOffset = baseOffsetAt(bytes, 0);
    const lastOffset = baseOffset + BigInt(lastOffsetDeltaAt(bytes, 0));
    offsetRead = lastOffset;
    if (lastOffset < position) continue;
    visible.nextOffset = lastOffset + 1n;
    visible.lastEpoch = leaderEpochAt(bytes, 0);
    const attributes = attributesAt(bytes, 0);
    if (readCommitted) {
      for (; begun < beginnings.length && beginnings[begun]!.firstOffset <= lastOffset; begun++) {
        abortedProducers.add(beginnings[begun]!.producerId);
      }
      if (isAbortMarker(bytes, attributes)) abortedProducers.delete(producerIdAt(bytes, 0));
      else if (attributes & transactionalBit && abortedProducers.has(producerIdAt(bytes, 0))) continue;
    }
    if (!(attributes & controlBit)) visible.batches.push(batchOf(bytes, baseOffset, lastOffset, position));
  }
  return visible;
}

function batchOf(bytes: Buffer, baseOffset: bigint, lastOffset: bigint, position: bigint): FetchedBatch {
  return {
    bytes,
    baseOffset,
    lastOffset,
    firstOffset: position > baseOffset ? position : baseOffset,
    count: countAt(bytes, 0),
    leaderEpoch: leaderEpochAt(bytes, 0),
    maxTimestampMs: Number(maxTimestampAt(bytes, 0)),
  };
}

/**
 * CRC32C runs at 5 GB/s on the machine of the benchmarks: 0.2 us for 1 KB, a third of what a record costs
 * (librdkafka skips it by default). That is the price of never delivering what a disk or a wire has changed.
 * The checksum covers neither the base offset nor the leader epoch, which brokers write. So the offset is
 * checked to grow from batch to batch.
 */
function problemOf(bytes: Buffer, offsetRead: bigint): string | undefined {
  if (bytes.length < batchHeaderBytes) return `a batch of ${bytes.length} bytes`;
  if (magicAt(bytes, 0) !== 2) return `a batch of format ${magicAt(bytes, 0)}; only 2 is read`;
  if (crc32c(bytes.subarray(checkedFrom)) !== crcAt(bytes, 0)) return 'a batch whose checksum is wrong';
  const offset = baseOffsetAt(bytes, 0);
  if (offset <= offsetRead) return `a batch at offset ${offset} after ${offsetRead}`;
  if (lastOffsetDeltaAt(bytes, 0) < 0)
    return `a batch whose last offset delta is ${lastOffsetDeltaAt(bytes, 0)}`;
  return undefined;
}

/**
 * A control batch holds one record, never compressed. Its key is version and type (int16 each); type 0 is
 * ABORT.
 */
function isAbortMarker(bytes: Buffer, attributes: number): boolean {
  if (!(attributes & controlBit) || countAt(bytes, 0) === 0) return false;
  let at = batchHeaderBytes;
  at = skipVarint(bytes, at); // length
  at = skipVarint(bytes, at + 1); // attributes, timestamp
  at = skipVarint(bytes, at); // offset
  at = skipVarint(bytes, at); // key length
  return at + 4 <= bytes.length && bytes.readInt16BE(at + 2) === 0;
}

function skipVarint(bytes: Buffer, at: number): number {
  while (bytes[at]! >= 0x80) at++;
  return at + 1;
}

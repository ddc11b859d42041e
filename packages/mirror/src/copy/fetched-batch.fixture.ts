import {
  encodeBatch,
  type Codec,
  type FetchedBatch,
  type EncodableRecord,
  type OutgoingRecord,
} from '@penstock/kafka';

/** A batch as a fetch gives it, from `baseOffset` on. */
export function fetchedBatch(
  batch: readonly EncodableRecord[],
  baseOffset = 0n,
  codec: Codec = 'none',
): FetchedBatch {
  const { bytes, count } = encodeBatch(batch, { codec });
  bytes.writeBigInt64BE(baseOffset, 0);
  bytes.writeInt32BE(7, 12);
  const lastOffset = baseOffset + BigInt(count) - 1n;
  const maxTimestampMs = Math.max(...batch.map(({ timestampMs }) => timestampMs));
  return { bytes, baseOffset, lastOffset, firstOffset: baseOffset, count, leaderEpoch: 7, maxTimestampMs };
}

/** Records with values of so many bytes, among them a null key and, when there are several, a tombstone. */
export function records(count: number, valueBytes: number): OutgoingRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    key: index % 3 === 0 ? null : Buffer.from(`key ${index}`),
    value: index === 1 ? null : Buffer.alloc(valueBytes, index),
    headers: index % 2 === 0 ? [] : [['name', Buffer.from([index])] as const, ['none', null] as const],
    timestampMs: 1_700_000_000_000 - 5 * index,
  }));
}

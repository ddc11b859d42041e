import { recordBytesMax, type OutgoingRecord } from '@penstock/kafka';

/** Cuts records into batches of at most `bytesMax` before compression; a larger record is alone. */
export function* batchesOf(
  records: readonly OutgoingRecord[],
  bytesMax: number,
): Generator<readonly OutgoingRecord[]> {
  let batch: OutgoingRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const more = recordBytesMax(record);
    if (batch.length > 0 && bytes + more > bytesMax) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(record);
    bytes += more;
  }
  if (batch.length > 0) yield batch;
}

import {
  attributesAt,
  codecs,
  CorruptBatchError,
  encodeBatch,
  readRecords,
  recordBytesMax,
  type Codec,
  type FetchedBatch,
  type EncodableRecord,
} from '@penstock/kafka';
import type { CopyLimits } from './plan-copy.ts';

/** A batch made of source records, in their order. */
export interface RewrittenBatch {
  readonly bytes: Buffer;
  readonly count: number;
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
}

export interface Rewritten {
  readonly batches: readonly RewrittenBatch[];
  /** A record that is larger than the target takes, alone: the batches end before it. */
  readonly oversize?: { readonly offset: bigint; readonly bytes: number };
}

interface SourceRecord extends EncodableRecord {
  readonly offset: bigint;
}

/** A rewritten batch is cut at about this many bytes before compression, whatever the target would take. */
const uncompressedBytesMax = 1024 * 1024;

/**
 * Decodes batches of one partition and encodes their records again, from each batch's first wanted offset
 * on, with the codec of the first. Keys, values, nulls, headers, times and order are kept. Throws
 * CorruptBatchError.
 */
export function rewriteBatches(batches: readonly FetchedBatch[], limits: CopyLimits): Rewritten {
  const codec = codecOf(batches[0]);
  const rewritten: RewrittenBatch[] = [];
  for (const records of runsOf(batches)) {
    const oversize = encodeWithin(records, codec, limits, rewritten);
    if (oversize !== undefined) return { batches: rewritten, oversize };
  }
  return { batches: rewritten };
}

function* runsOf(batches: readonly FetchedBatch[]): Generator<SourceRecord[]> {
  let run: SourceRecord[] = [];
  let runBytes = 0;
  for (const batch of batches) {
    for (const record of readRecords(batch)) {
      const { offset, key, value, timestampMs } = record;
      const copied = { offset, key, value, timestampMs, encodedHeaders: record.encodedHeaders };
      const recordBytes = recordBytesMax(copied);
      if (run.length > 0 && runBytes + recordBytes > uncompressedBytesMax) {
        yield run;
        run = [];
        runBytes = 0;
      }
      run.push(copied);
      runBytes += recordBytes;
    }
  }
  if (run.length > 0) yield run;
}

/** Encodes a run as one batch, or as halves of halves until each fits. */
function encodeWithin(
  records: readonly SourceRecord[],
  codec: Codec,
  limits: CopyLimits,
  out: RewrittenBatch[],
): Rewritten['oversize'] {
  const { bytes, count } = encodeBatch(records, { codec });
  const firstOffset = records[0]!.offset;
  if (bytes.length <= limits.maxMessageBytes) {
    out.push({ bytes, count, firstOffset, lastOffset: records.at(-1)!.offset });
    return undefined;
  }
  if (count === 1) return { offset: firstOffset, bytes: bytes.length };
  const middle = count >> 1;
  return (
    encodeWithin(records.slice(0, middle), codec, limits, out) ??
    encodeWithin(records.slice(middle), codec, limits, out)
  );
}

function codecOf(batch: FetchedBatch | undefined): Codec {
  const number = batch === undefined ? 0 : attributesAt(batch.bytes, 0) & 0b111;
  const codec = codecs[number];
  if (codec === undefined) throw new CorruptBatchError(`codec ${number} is not known`);
  return codec;
}

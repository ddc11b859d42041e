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

/** A record that is larger than the target takes, alone in a batch of so many bytes. */
export interface OversizeRecord extends SourceRecord {
  readonly bytes: number;
}

export interface Rewritten {
  readonly batches: readonly RewrittenBatch[];
  /** In their order. When they stop the copying there is one, and the batches end before it. */
  readonly oversize: readonly OversizeRecord[];
}

export interface SourceRecord extends EncodableRecord {
  readonly offset: bigint;
}

/** A rewritten batch is cut at about this many bytes before compression, whatever the target would take. */
const uncompressedBytesMax = 1024 * 1024;

/**
 * Decodes batches of one partition and encodes their records again, from each batch's first wanted offset
 * on, with the codec of the first. Keys, values, nulls, headers, times and order are kept. `leavesOut`:
 * records that are too large are left out, instead of ending it. Throws CorruptBatchError.
 */
export function rewriteBatches(
  batches: readonly FetchedBatch[],
  limits: CopyLimits,
  leavesOut = false,
): Rewritten {
  const codec = codecOf(batches[0]);
  const out = { batches: [] as RewrittenBatch[], oversize: [] as OversizeRecord[] };
  for (const records of runsOf(batches)) {
    encodeWithin(records, codec, limits, leavesOut, out);
    if (out.oversize.length > 0 && !leavesOut) break;
  }
  return out;
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
  leavesOut: boolean,
  out: { readonly batches: RewrittenBatch[]; readonly oversize: OversizeRecord[] },
): void {
  const { bytes, count } = encodeBatch(records, { codec });
  const [first] = records;
  if (first === undefined) return;
  if (bytes.length <= limits.maxMessageBytes) {
    out.batches.push({ bytes, count, firstOffset: first.offset, lastOffset: records.at(-1)!.offset });
    return;
  }
  if (count === 1) {
    out.oversize.push({ ...first, bytes: bytes.length });
    return;
  }
  const middle = count >> 1;
  encodeWithin(records.slice(0, middle), codec, limits, leavesOut, out);
  if (out.oversize.length > 0 && !leavesOut) return;
  encodeWithin(records.slice(middle), codec, limits, leavesOut, out);
}

function codecOf(batch: FetchedBatch | undefined): Codec {
  const number = batch === undefined ? 0 : attributesAt(batch.bytes, 0) & 0b111;
  const codec = codecs[number];
  if (codec === undefined) throw new CorruptBatchError(`codec ${number} is not known`);
  return codec;
}

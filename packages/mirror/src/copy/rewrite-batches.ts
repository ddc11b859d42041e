import {
  codecOf,
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
  /** Of each record; undefined: they follow one another without a gap. */
  readonly offsets: readonly bigint[] | undefined;
}

/** A record that the target does not take, because it is too large. */
export interface OversizeRecord extends SourceRecord {
  /** Of a batch that holds nothing else. */
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
 * on and before the limit's, with the codec of the first. Keys, values, nulls, headers, times and order are
 * kept. Records that are too large are left out, or the first of them ends it. Throws CorruptBatchError.
 */
export function rewriteBatches(
  batches: readonly FetchedBatch[],
  limits: CopyLimits,
  oversize: 'leave-out' | 'end',
): Rewritten {
  const [first] = batches;
  const codec = first === undefined ? 'none' : codecOf(first.bytes);
  const leavesOut = oversize === 'leave-out';
  const out = { batches: [] as RewrittenBatch[], oversize: [] as OversizeRecord[] };
  for (const records of runsOf(batches, limits.before)) {
    encodeWithin(records, codec, limits, leavesOut, out);
    if (out.oversize.length > 0 && !leavesOut) break;
  }
  return out;
}

function* runsOf(batches: readonly FetchedBatch[], before: bigint | undefined): Generator<SourceRecord[]> {
  let run: SourceRecord[] = [];
  let runBytes = 0;
  for (const batch of batches) {
    for (const record of readRecords(batch)) {
      const { offset, key, value, timestampMs } = record;
      if (before !== undefined && offset >= before) break;
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
  if (bytes.length <= limits.messageBytesMax) {
    const [firstOffset, lastOffset] = [first.offset, records.at(-1)!.offset];
    const hasGaps = lastOffset - firstOffset + 1n !== BigInt(count);
    const offsets = hasGaps ? records.map(({ offset }) => offset) : undefined;
    out.batches.push({ bytes, count, firstOffset, lastOffset, offsets });
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

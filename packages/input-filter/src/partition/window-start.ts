import { KafkaError, type Cluster, type PartitionPlace } from '@penstock/kafka';
import { seenTimeOf } from '../dedup/seen-record.ts';
import { ageMs, type WindowTime } from '../dedup/window-time.ts';
import { LogReader, seenInflatedBytesMax } from '../position/log-reader.ts';
import { offsetOf } from '../position/log-records.ts';

/** One partition of events.seen. */
interface SeenLog {
  readonly topic: string;
  readonly partition: number;
  readonly start: bigint;
  readonly end: bigint;
  /** Of its last record. */
  readonly last: WindowTime;
}

/** The first step back. The beginning of the window is not looked for any closer than this. */
const closeEnough = 16n;
/** A record or a few. One larger record is read, too. */
const answerBytes = 8 * 1024;

/**
 * An offset of events.seen before which every record is older than the window. Records are written in the
 * order of real time, so this holds as soon as the record at that offset is old by both clocks, because one
 * of them is right.
 *
 * Kafka finds the offset by the clock of the filters, which is the timestamp of the records: everything
 * before it is old by that one. In most cases that is the beginning, and two small reads prove it. If what
 * lies before it is not old by the stream's clock, the stream was slow, and the beginning is further back. If
 * what comes after it is old, a clock was ahead once, perhaps that of a broker, which dates the markers, and
 * the beginning is further on.
 *
 * @returns with it the bytes that were read to find it.
 */
export async function windowStart(
  windowMs: number,
  { topic, partition, start, end, last }: SeenLog,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<{ offset: bigint; bytes: number }> {
  // What cannot be read tells nothing here. It matters when it lies in the window.
  const place = { topic, partition, answerBytes, inflatedBytesMax: seenInflatedBytesMax, skips: () => true };
  using reader = new LogReader(cluster, place, signal);
  const isOld = async (offset: bigint, below: bigint): Promise<boolean> => {
    const record = await reader.first(offset, below);
    return record !== null && ageMs(seenTimeOf(record), last) >= windowMs;
  };
  const timestampMs = Math.max(0, last.commitMs - windowMs);
  const offset = await offsetOfTime({ cluster, topic, partition }, timestampMs, signal);
  const guess = offset < 0n || offset > end ? end : offset;
  let needed = guess;
  let old = start;
  if (guess + closeEnough < end && (await isOld(guess + closeEnough, end))) {
    needed = end;
    old = guess + closeEnough;
  }
  for (let back = closeEnough; old < guess && needed - back > start; back *= 2n) {
    if (await isOld(needed - back, needed)) {
      old = needed - back;
      break;
    }
    needed -= back;
  }
  while (needed - old > closeEnough) {
    const middle = (old + needed) / 2n;
    if (await isOld(middle, needed)) old = middle;
    else needed = middle;
  }
  return { offset: old, bytes: reader.bytes };
}

/** A broker reads records to find it. @returns -1 when there is none, or when the broker cannot read them. */
async function offsetOfTime(
  place: PartitionPlace,
  timestampMs: number,
  signal: AbortSignal,
): Promise<bigint> {
  try {
    return await offsetOf(place, { timestampMs }, signal);
  } catch (error) {
    if (error instanceof KafkaError && unreadableToBrokers.has(error.code)) return -1n;
    throw error;
  }
}

const unreadableToBrokers = new Set(['INVALID_RECORD', 'CORRUPT_MESSAGE']);

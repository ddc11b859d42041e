import { crc32 } from 'node:zlib';
import { PositionError, readRecords, startFetcher, type Cluster, type RecordView } from '@penstock/kafka';

/** A record as it is compared: what a copy must keep, in 32 bits. */
export interface Digest {
  readonly offset: bigint;
  readonly crc: number;
}

/** The records of one partition with offsets in [from, to). */
export interface RecordRange {
  readonly cluster: Cluster;
  readonly topic: string;
  readonly partition: number;
  readonly from: bigint;
  /** Not beyond the end of the log, or the reading waits for it. */
  readonly to: bigint;
}

/**
 * The committed records of a range one after the other, of which a few thousand are in memory. Throws
 * PositionError when a part of the range is gone.
 */
export class DigestStream implements Disposable {
  readonly #range: RecordRange;
  readonly #fetcher: ReturnType<typeof startFetcher>;
  #position: bigint;
  #digests: Digest[] = [];
  #at = 0;

  constructor(range: RecordRange) {
    this.#range = range;
    this.#position = range.from;
    this.#fetcher = startFetcher(range.cluster, {
      isolation: 'read_committed',
      prefetchBytes: 8 * 1024 * 1024,
    });
    if (range.from < range.to) {
      this.#fetcher.assign(range.topic, range.partition, { offset: range.from, lastFetchedEpoch: -1 });
    }
  }

  /** The next record without taking it; undefined at the end. */
  async peek(): Promise<Digest | undefined> {
    while (this.#at === this.#digests.length && this.#position < this.#range.to) await this.#more();
    return this.#digests[this.#at];
  }

  take(): void {
    this.#at += 1;
  }

  [Symbol.dispose](): void {
    this.#fetcher[Symbol.dispose]();
  }

  async #more(): Promise<void> {
    this.#digests = [];
    this.#at = 0;
    for (using fetched of await this.#fetcher.next()) {
      if (fetched.problem !== undefined) throw new PositionError(fetched.problem);
      for (const batch of fetched.batches) {
        for (const record of readRecords(batch)) {
          if (record.offset < this.#range.to) this.#digests.push(digestOf(record));
        }
      }
      this.#position = fetched.nextOffset;
    }
  }
}

const lengths = Buffer.alloc(16);

/** Time, key, value and headers: everything but the offset. Null is not empty. */
function digestOf({ offset, timestampMs, key, value, encodedHeaders }: RecordView): Digest {
  lengths.writeDoubleBE(timestampMs, 0);
  lengths.writeInt32BE(key?.length ?? -1, 8);
  lengths.writeInt32BE(value?.length ?? -1, 12);
  let crc = crc32(lengths);
  if (key !== null) crc = crc32(key, crc);
  if (value !== null) crc = crc32(value, crc);
  return { offset, crc: crc32(encodedHeaders, crc) };
}

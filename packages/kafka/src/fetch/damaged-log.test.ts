import { crc32c } from '@node-rs/crc32';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { damaged, damageKinds, tries, triesTimeoutMs, within } from '../../test/damage.fixture.ts';
import { batchBytesAt } from '../bytes/batch-header.ts';
import { encodeBatch } from '../bytes/encode-batch.ts';
import type { AbortedTransaction } from '../requests/fetch.ts';
import { visibleBatches } from './visible-batches.ts';
import type { VisibleBatches } from './visible-batches.ts';

// A piece of log as a fetch brings it, cut and damaged: what comes out of it is what was written, or nothing.

const written = fc.record({
  values: fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 4 }),
  gap: fc.nat(3),
  producer: fc.nat(2),
  kind: fc.constantFrom('plain', 'transactional', 'commit', 'abort'),
});
const pieces = fc.array(written, { minLength: 1, maxLength: 8 });
const aborted = fc.array(fc.record({ producerId: fc.bigInt(0n, 2n), firstOffset: fc.bigInt(0n, 40n) }), {
  maxLength: 4,
}) as fc.Arbitrary<AbortedTransaction[]>;
const damages = fc.array(fc.tuple(fc.nat(9_999), fc.nat(damageKinds - 1)), { minLength: 1, maxLength: 3 });

test(
  'cut off anywhere: whole batches come, and the position stays before the first that is not whole',
  () => {
    fc.assert(
      fc.property(pieces, (log) => {
        const { bytes, ends } = logOf(log);
        for (let length = 0; length <= bytes.length; length++) {
          const read = visibleBatches(bytes.subarray(0, length), 0n, [], false);
          const whole = ends.filter((end) => end.at <= length);
          expect([read.nextOffset, read.corrupt]).toEqual([whole.at(-1)?.nextOffset ?? 0n, undefined]);
        }
      }),
      { ...tries, numRuns: Math.ceil(tries.numRuns / 6) },
    );
  },
  triesTimeoutMs,
);

test(
  'damaged after the checksum: every batch that comes is one that was written, bit for bit',
  () => {
    fc.assert(
      fc.property(pieces, aborted, damages, fc.boolean(), (log, abortedThere, some, readCommitted) => {
        const { bytes, batches } = logOf(log);
        const place = Math.floor((some[0]![0] * batches.length) / 10_000);
        const start = batches.slice(0, place).reduce((sum, batch) => sum + batch.length, 0);
        const one = damaged(batches[place]!, some, magicAt);
        const wrong = Buffer.concat([bytes.subarray(0, start), one, bytes.subarray(start + one.length)]);
        const intact = batches.map((batch) => batch.toString('latin1'));
        for (const batch of read(wrong, abortedThere, readCommitted).batches)
          expect(intact).toContain(batch.bytes.toString('latin1'));
      }),
      tries,
    );
  },
  triesTimeoutMs,
);

test(
  'damaged anywhere: no error, no long wait, and offsets that only grow',
  () => {
    fc.assert(
      fc.property(pieces, aborted, damages, fc.bigInt(0n, 20n), (log, abortedThere, some, position) => {
        const wrong = damaged(logOf(log).bytes, some);
        const { batches, nextOffset } = read(wrong, abortedThere, true, position);
        expect(nextOffset).toBeGreaterThanOrEqual(position);
        let before = -1n;
        for (const { baseOffset, firstOffset, lastOffset } of batches) {
          expect(baseOffset).toBeGreaterThan(before);
          expect(firstOffset).toBeLessThanOrEqual(lastOffset);
          before = lastOffset;
        }
      }),
      tries,
    );
  },
  triesTimeoutMs,
);

test(
  'any bytes at all are no batches, or some that carry their checksum',
  () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (array) => {
        expect(read(Buffer.from(array), [], true).batches).toEqual([]);
      }),
      tries,
    );
  },
  triesTimeoutMs,
);

const magicAt = 16;

function read(
  bytes: Buffer,
  abortedThere: AbortedTransaction[],
  readCommitted: boolean,
  position = 0n,
): VisibleBatches {
  return within(1 << 20, () =>
    visibleBatches(bytes, position, abortedThere, readCommitted),
  ) as VisibleBatches;
}

interface Piece {
  values: Uint8Array[];
  gap: number;
  producer: number;
  kind: string;
}

function logOf(log: Piece[]): {
  bytes: Buffer;
  batches: Buffer[];
  ends: { at: number; nextOffset: bigint }[];
} {
  let offset = 0n;
  let at = 0;
  const batches: Buffer[] = [];
  const ends: { at: number; nextOffset: bigint }[] = [];
  for (const { values, gap, producer, kind } of log) {
    const control = kind === 'commit' || kind === 'abort';
    const key = control ? Buffer.from([0, 0, 0, kind === 'abort' ? 0 : 1]) : null;
    const records = (control ? [Buffer.alloc(0)] : values).map((value) => ({ key, value, timestampMs: 5 }));
    const { bytes } = encodeBatch(records);
    bytes.writeBigInt64BE((offset += BigInt(gap)), 0);
    bytes.writeUInt16BE((kind === 'plain' ? 0 : 0x10) | (control ? 0x20 : 0), 21);
    bytes.writeBigInt64BE(kind === 'plain' ? -1n : BigInt(producer), 43);
    bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
    offset += BigInt(records.length);
    at += batchBytesAt(bytes, 0);
    batches.push(bytes);
    ends.push({ at, nextOffset: offset });
  }
  return { bytes: Buffer.concat(batches), batches, ends };
}

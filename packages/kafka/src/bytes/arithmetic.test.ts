import { crc32c } from '@node-rs/crc32';
import { murmur2 as murmur2Elsewhere } from '@platformatic/kafka';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tries, triesTimeoutMs } from '../../test/damage.fixture.ts';
import { crc32cShift } from './crc32c-shift.ts';
import { encodeBatch } from './encode-batch.ts';
import { murmur2, partitionFor } from './murmur2.ts';
import { restamp } from './restamp.ts';
import { sequenceAfter } from './sequence.ts';
import { varintBytes, writeVarint } from './varint.ts';

const content = fc.uint8Array({ maxLength: 500 }).map((array) => Buffer.from(array));

test('varints are what the definition says, for every size', { timeout: triesTimeoutMs }, () => {
  const power = fc.tuple(fc.integer({ min: 0, max: 52 }), fc.integer({ min: -2, max: 2 }), fc.boolean());
  const near = power.map(([bits, off, negative]) => (negative ? -1 : 1) * Math.min(2 ** 52, 2 ** bits + off));
  fc.assert(
    fc.property(fc.oneof(near, fc.integer(), fc.integer({ min: -(2 ** 52), max: 2 ** 52 })), (value) => {
      const buffer = Buffer.alloc(12, 0xee);
      const end = writeVarint(buffer, 1, value);
      const expected = zigzagVarint(BigInt(value));
      expect(buffer.subarray(1, end).toString('hex')).toBe(expected.toString('hex'));
      expect(varintBytes(value)).toBe(expected.length);
      expect([buffer[0], buffer[end]]).toEqual([0xee, 0xee]);
    }),
    { ...tries, numRuns: tries.numRuns * 10 },
  );
});

test('murmur2 is that of another client, and partitions are in range', { timeout: triesTimeoutMs }, () => {
  fc.assert(
    fc.property(content, fc.integer({ min: 1, max: 10_000 }), (key, partitions) => {
      expect(murmur2(key)).toBe(murmur2Elsewhere(key) | 0);
      expect(partitionFor(key, partitions)).toBe((murmur2(key) & 0x7fffffff) % partitions);
    }),
    tries,
  );
});

test('sequences go round within 0 to 2^31 - 1', { timeout: triesTimeoutMs }, () => {
  const sequence = fc.integer({ min: 0, max: 2 ** 31 - 1 });
  fc.assert(
    fc.property(sequence, fc.integer({ min: 1, max: 2 ** 31 - 1 }), (from, count) => {
      expect(BigInt(sequenceAfter(from, count))).toBe((BigInt(from) + BigInt(count)) % 2n ** 31n);
    }),
    tries,
  );
});

test('a checksum shifted is the checksum of the whole', { timeout: triesTimeoutMs }, () => {
  fc.assert(
    fc.property(content, content, content, (one, other, rest) => {
      const length = Math.min(one.length, other.length);
      const [a, b] = [one.subarray(0, length), other.subarray(0, length)];
      const whole = crc32c(Buffer.concat([a, rest])) ^ crc32c(Buffer.concat([b, rest]));
      expect(crc32cShift(crc32c(a) ^ crc32c(b), rest.length)).toBe(whole >>> 0);
    }),
    tries,
  );
});

test(
  'stamps one after the other leave the checksum right and the records alone',
  { timeout: triesTimeoutMs },
  () => {
    const stamp = fc.record({
      producerId: fc.bigInt(-1n, 2n ** 63n - 1n),
      producerEpoch: fc.integer({ min: -1, max: 32_767 }),
      baseSequence: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
      transactional: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(content, { minLength: 1 }),
        fc.array(stamp, { minLength: 1, maxLength: 4 }),
        (values, stamps) => {
          const { bytes } = encodeBatch(values.map((value) => ({ key: null, value, timestampMs: 1 })));
          const records = bytes.toString('hex', 57);
          for (const each of stamps) restamp(bytes, each);
          expect(bytes.readUInt32BE(17)).toBe(crc32c(bytes.subarray(21)));
          expect(bytes.toString('hex', 57)).toBe(records);
        },
      ),
      tries,
    );
  },
);

/** The definition (protobuf's sint64), digit by digit. */
function zigzagVarint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value >= 0n ? value * 2n : value * -2n - 1n;
  for (; rest > 0x7fn; rest /= 128n) bytes.push(Number(rest % 128n) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

import { crc32c } from '@node-rs/crc32';
import { randomBytes, randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { crc32cShift } from './crc32c-shift.ts';
import { restamp } from './restamp.ts';

test('the shifted difference of two beginnings is the difference of the whole', () => {
  for (const restLength of [0, 1, 2, 255, 256, 257, 4096, 65_535, 65_536, 1_000_003, 17_000_000]) {
    const rest = randomBytes(restLength);
    const one = randomBytes(40);
    const other = randomBytes(40);
    const expected = crc32c(Buffer.concat([one, rest])) ^ crc32c(Buffer.concat([other, rest]));
    expect(crc32cShift(crc32c(one) ^ crc32c(other), restLength)).toBe(expected >>> 0);
  }
});

test('a restamped batch has the checksum of a full recompute, whatever its size and header', () => {
  for (let round = 0; round < 400; round += 1) {
    const batch = signed(randomBytes(61 + (round < 20 ? round : randomInt(200_000))));
    restamp(batch, anyStamp());
    expect(batch.readUInt32BE(17)).toBe(crc32c(batch.subarray(21)));
  }
});

test('a second stamp on the same batch is right too', () => {
  const batch = signed(randomBytes(5000));
  restamp(batch, anyStamp());
  restamp(batch, { producerId: 7n, producerEpoch: 3, baseSequence: 2 ** 31 - 1, transactional: true });
  expect(batch.readUInt32BE(17)).toBe(crc32c(batch.subarray(21)));
  expect(batch.readBigInt64BE(43)).toBe(7n);
  expect(batch.readInt16BE(51)).toBe(3);
  expect(batch.readInt32BE(53)).toBe(2 ** 31 - 1);
});

test('codec, timestamps, count and records are untouched; the old log leaves no trace', () => {
  const batch = signed(randomBytes(500));
  const original = Buffer.from(batch);
  restamp(batch, { producerId: 1n, producerEpoch: 0, baseSequence: 0, transactional: true });
  expect(batch.readBigInt64BE(0)).toBe(0n);
  expect(batch.readInt32BE(8)).toBe(original.readInt32BE(8));
  expect(batch.readInt32BE(12)).toBe(-1);
  expect(batch.readUInt16BE(21)).toBe((original.readUInt16BE(21) & 0b111) | 0b10000);
  expect(batch.subarray(23, 43)).toEqual(original.subarray(23, 43));
  expect(batch.subarray(57)).toEqual(original.subarray(57));
});

test('a bit that flips in the records before the stamp is still seen after it', () => {
  const batch = signed(randomBytes(5000));
  batch[4321] = (batch[4321] as number) ^ 0x10;
  restamp(batch, anyStamp());
  expect(batch.readUInt32BE(17)).not.toBe(crc32c(batch.subarray(21)));
});

function signed(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

function anyStamp() {
  return {
    producerId: randomBytes(8).readBigInt64BE(),
    producerEpoch: randomInt(32_768),
    baseSequence: randomInt(2 ** 31),
    transactional: randomInt(2) === 1,
  };
}

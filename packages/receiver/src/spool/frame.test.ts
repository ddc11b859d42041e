import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeFrame, frameAt, nextFrame } from './frame.ts';

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const records = fc.record({
  key: bytes,
  value: bytes,
  headers: fc.array(fc.tuple(fc.string({ maxLength: 20 }), bytes), { maxLength: 5 }),
  timestampMs: fc.integer({ min: 0, max: 2 ** 45 }),
});

test('a record is read as it was written, wherever it stands', () => {
  fc.assert(
    fc.property(records, bytes, (record, before) => {
      const whole = Buffer.concat([before, encodeFrame(record), before]);
      const frame = frameAt(whole, before.length);
      expect(frame?.record).toEqual({
        ...record,
        headers: record.headers.map(([name, value]) => [Buffer.from(name).toString(), value]),
      });
      expect(frame?.end).toBe(whole.length - before.length);
    }),
  );
});

test('a torn or damaged record is no record', () => {
  fc.assert(
    fc.property(records, fc.nat(), fc.integer({ min: 1, max: 255 }), (record, where, flip) => {
      const frame = encodeFrame(record);
      expect(frameAt(frame.subarray(0, where % frame.length), 0)).toBeUndefined();
      frame[where % frame.length]! ^= flip;
      expect(frameAt(frame, 0)).toBeUndefined();
    }),
  );
});

test('after damage the next record is found', () => {
  const record = { key: Buffer.from('k'), value: Buffer.from('PSP1PSP1'), headers: [], timestampMs: 7 };
  const frame = encodeFrame(record);
  const damaged = Buffer.concat([frame.subarray(0, 20), frame, Buffer.from('PSP1'), frame]);
  expect(nextFrame(damaged, 1)).toBe(20);
  expect(nextFrame(damaged, 21)).toBe(20 + frame.length + 4);
  expect(nextFrame(damaged, damaged.length - frame.length + 1)).toBeUndefined();
});

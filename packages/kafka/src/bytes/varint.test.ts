import { expect, test } from 'vitest';
import { varintBytes, writeVarint } from './varint.ts';

test.each([
  [0, '00'],
  [-1, '01'],
  [1, '02'],
  [63, '7e'],
  [64, '8001'],
  [-64, '7f'],
  [2 ** 31 - 1, 'feffffff0f'],
  [-(2 ** 31), 'ffffffff0f'],
  [2 ** 40, '808080808040'],
])('%d is written as %s', (value, hex) => {
  const buffer = Buffer.alloc(10);
  const end = writeVarint(buffer, 0, value);
  expect(buffer.toString('hex', 0, end)).toBe(hex);
  expect(varintBytes(value)).toBe(end);
});

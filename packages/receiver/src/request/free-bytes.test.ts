import { expect, test } from 'vitest';
import { freeBytes } from './free-bytes.ts';

test('a large Buffer gives its memory back at once', () => {
  const body = Buffer.allocUnsafeSlow(100_000);
  freeBytes(body);
  expect(body.buffer.byteLength).toBe(0);
});

test('memory that others may share stays', () => {
  const whole = Buffer.alloc(100_000, 'x');
  freeBytes(whole.subarray(0, 50_000));
  freeBytes(whole.subarray(50_000));
  expect(whole.every((byte) => byte === 0x78)).toBe(true);
});

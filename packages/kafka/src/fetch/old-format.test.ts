import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { encodeBatch } from '../bytes/encode-batch.ts';
import { oldFormatEnd } from './old-format.ts';

test('messages of format 0 and 1 are known, and where they end', () => {
  const old = [message(7n, 0, 'a'), message(8n, 1, 'b'), message(20n, 1, 'a longer one')];
  expect(oldFormatEnd(Buffer.concat(old))).toBe(21n);
  const { bytes } = encodeBatch([{ key: null, value: Buffer.from('new'), timestampMs: 0 }]);
  expect(oldFormatEnd(Buffer.concat([...old, bytes]))).toBe(21n);
});

test('one that is cut off is left to the next answer', () => {
  const both = Buffer.concat([message(7n, 1, 'a'), message(8n, 1, 'b')]);
  expect(oldFormatEnd(both.subarray(0, both.length - 1))).toBe(8n);
});

test('a batch, nothing, and what only looks like an old message are none', () => {
  const { bytes } = encodeBatch([{ key: null, value: Buffer.from('new'), timestampMs: 0 }]);
  expect(oldFormatEnd(bytes)).toBeUndefined();
  expect(oldFormatEnd(Buffer.alloc(0))).toBeUndefined();
  // A batch whose magic was damaged is corrupt, not old.
  bytes[16] = 1;
  expect(oldFormatEnd(bytes)).toBeUndefined();
  expect(oldFormatEnd(Buffer.alloc(200, 0xff))).toBeUndefined();
});

function message(offset: bigint, magic: 0 | 1, value: string): Buffer {
  const body = Buffer.concat([
    Buffer.from([magic, 0]),
    magic === 1 ? Buffer.alloc(8) : Buffer.alloc(0),
    Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, value.length]),
    Buffer.from(value),
  ]);
  const head = Buffer.alloc(16);
  head.writeBigInt64BE(offset, 0);
  head.writeInt32BE(body.length + 4, 8);
  head.writeUInt32BE(crc32(body), 12);
  return Buffer.concat([head, body]);
}

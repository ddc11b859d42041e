import { expect, test } from 'vitest';
import { FrameAssembler } from './frame-assembler.ts';

const frames = [
  Buffer.from('four'),
  Buffer.alloc(1000, 1),
  Buffer.from('another frame'),
  Buffer.alloc(5000, 2),
];
const stream = Buffer.concat(frames.flatMap((frame) => [lengthOf(frame), frame]));

test.each([1, 2, 3, 5, 7, 64, 1003, 10_000])('frames are whole in chunks of %d bytes', (chunkBytes) => {
  const seen: Buffer[] = [];
  const assembler = new FrameAssembler((frame) => seen.push(Buffer.from(frame)));
  for (let at = 0; at < stream.length; at += chunkBytes) {
    assembler.push(Buffer.from(stream.subarray(at, at + chunkBytes)));
  }
  expect(seen).toEqual(frames);
});

test.each([-1, 0, 3, 0x7fffffff])('a length of %d is refused at once, without memory for it', (length) => {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32BE(length, 0);
  const assembler = new FrameAssembler(() => undefined);
  expect(() => assembler.push(bytes)).toThrow(RangeError);
});

function lengthOf(frame: Buffer): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(frame.length, 0);
  return bytes;
}

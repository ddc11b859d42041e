import { expect, test } from 'vitest';
import { FrameAssembler } from './frame-assembler.ts';

const frames = [
  Buffer.from('four'),
  Buffer.alloc(1_000, 1),
  Buffer.from('another frame'),
  Buffer.alloc(50_000, 2),
  Buffer.alloc(33_000, 3),
  Buffer.alloc(5, 4),
];
const stream = Buffer.concat(frames.flatMap((frame) => [lengthOf(frame.length), frame]));

test.each([1, 2, 3, 5, 7, 64, 1003, 10_000, 1_000_000])(
  'frames are whole in chunks of %d bytes',
  (chunkBytes) => {
    const seen: Buffer[] = [];
    const assembler = new FrameAssembler({
      memoryFor: () => undefined,
      onFrame: (frame) => seen.push(frame),
    });
    feed(assembler, stream, chunkBytes);
    expect(sameFrames(seen)).toBe(true);
  },
);

test('a large frame lies in the memory that was given for it, a small one in its own', () => {
  const given: Buffer[] = [];
  const seen: Buffer[] = [];
  const memoryFor = (bytes: number): Buffer => {
    given.push(Buffer.alloc(bytes + 100));
    return given.at(-1)!;
  };
  feed(new FrameAssembler({ memoryFor, onFrame: (frame) => seen.push(frame) }), stream, Infinity);
  expect(sameFrames(seen)).toBe(true);
  expect(given.map((buffer) => buffer.length)).toEqual([50_100, 33_100]);
  const inGiven = seen.map((frame) => given.some((buffer) => buffer.buffer === frame.buffer));
  expect(inGiven).toEqual([false, false, false, true, true, false]);
});

test.each([-1, 0, 3, 0x7fffffff])('a length of %d is refused at once', (length) => {
  const assembler = new FrameAssembler({ memoryFor: () => undefined, onFrame: () => undefined });
  expect(() => feed(assembler, lengthOf(length), 4)).toThrow(RangeError);
});

test('a frame that nobody asked for takes memory only as its bytes arrive', () => {
  const announced = 500 * 1024 * 1024;
  const assembler = new FrameAssembler({ memoryFor: () => undefined, onFrame: () => undefined });
  const before = process.memoryUsage().arrayBuffers;
  feed(assembler, Buffer.concat([lengthOf(announced), Buffer.alloc(3_000_000)]), 100_000);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
});

test('a frame larger than asked for is whole all the same', () => {
  const frame = Buffer.alloc(5_000_000);
  for (let at = 0; at < frame.length; at += 4) frame.writeInt32BE(at, at);
  const seen: Buffer[] = [];
  const assembler = new FrameAssembler({ memoryFor: () => undefined, onFrame: (whole) => seen.push(whole) });
  feed(assembler, Buffer.concat([lengthOf(frame.length), frame]), 70_000);
  expect(seen[0]?.equals(frame)).toBe(true);
});

/** As a socket does it: at most `chunkBytes` at a time, and no more than there is room for. */
function feed(assembler: FrameAssembler, bytes: Buffer, chunkBytes: number): void {
  for (let at = 0; at < bytes.length;) {
    const copied = bytes.copy(assembler.room, 0, at, Math.min(bytes.length, at + chunkBytes));
    at += copied;
    assembler.arrived(copied);
  }
}

function sameFrames(seen: readonly Buffer[]): boolean {
  return seen.length === frames.length && seen.every((frame, index) => frame.equals(frames[index]!));
}

function lengthOf(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(length, 0);
  return bytes;
}

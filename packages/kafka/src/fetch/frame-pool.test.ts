import { expect, test } from 'vitest';
import { Frame, FramePool } from './frame-pool.ts';
import { PartitionCursor } from './partition-cursor.ts';

const mebibyte = 1024 * 1024;

/** An answer of `bytes` with a batch for each of two partitions, as a fetcher takes it. */
function arrive(pool: FramePool, bytes: number, fill: number) {
  const frame = new Frame(pool, 8 * mebibyte);
  const memory = frame.memoryFor(bytes)!;
  memory.fill(fill);
  frame.arrived(bytes);
  const parts = [0, 1].map((partition) => {
    const cursor = new PartitionCursor('t', partition, { offset: 0n, lastFetchedEpoch: -1 });
    const batch = {
      bytes: memory.subarray(partition * 100, partition * 100 + 100),
      baseOffset: 0n,
      lastOffset: 0n,
      firstOffset: 0n,
      count: 1,
      leaderEpoch: 0,
      maxTimestampMs: 0,
    };
    return cursor.fetched({ batches: [batch], nextOffset: 1n, lastEpoch: 0 }, 100, frame);
  });
  frame.release();
  frame.uncount();
  return { memory, parts };
}

test('memory is reused once every part of its answer was released, and not before', () => {
  const pool = new FramePool(32 * mebibyte);
  const { memory, parts } = arrive(pool, 3 * mebibyte, 1);
  parts[0]!.release();
  parts[0]!.release();
  expect(arrive(pool, 3 * mebibyte, 2).memory.buffer).not.toBe(memory.buffer);
  expect(parts[1]!.batches[0]!.bytes[0]).toBe(1);
  parts[1]!.release();
  expect(arrive(pool, 3 * mebibyte, 3).memory.buffer).toBe(memory.buffer);
});

test('reading a batch after its release throws at once', () => {
  const { parts } = arrive(new FramePool(32 * mebibyte), 3 * mebibyte, 1);
  const [part] = parts;
  const batch = part!.batches[0]!;
  {
    using _ = part!;
  }
  expect(part!.batches).toEqual([]);
  expect(() => batch.bytes.readInt32BE(8)).toThrow(RangeError);
});

test('what a caller keeps without releasing it is never overwritten', () => {
  const pool = new FramePool(32 * mebibyte, { overwritesReleased: true });
  const kept = arrive(pool, 3 * mebibyte, 7);
  for (const part of kept.parts) part.uncount();
  expect(pool.heldBytes).toBe(0);
  for (let i = 0; i < 20; i++) for (const part of arrive(pool, 3 * mebibyte, i).parts) part.release();
  expect(kept.parts.map(({ batches }) => batches[0]!.bytes[99])).toEqual([7, 7]);
});

test('for tests, a view of released memory shows that it was released', () => {
  const { memory, parts } = arrive(new FramePool(32 * mebibyte, { overwritesReleased: true }), mebibyte, 1);
  for (const part of parts) part.release();
  expect(memory[0]).toBe(0xdd);
});

test('memory in use and memory kept for reuse stay within the limit together, whatever the sizes', () => {
  const limit = 20 * mebibyte;
  const pool = new FramePool(limit);
  const waiting: ReturnType<typeof arrive>['parts'] = [];
  let seed = 7;
  for (let i = 0; i < 500; i++) {
    seed = (seed * 48_271) % 0x7fffffff;
    const bytes = 40_000 + (seed % (4 * mebibyte));
    if (pool.heldBytes + bytes + 65_536 < limit) waiting.push(...arrive(pool, bytes, 1).parts);
    else for (const part of waiting.splice(0, 4)) part.release();
    expect(pool.heldBytes + pool.freeBytes).toBeLessThanOrEqual(limit);
  }
  for (const part of waiting) part.release();
  expect(pool.heldBytes).toBe(0);
  expect(pool.freeBytes).toBeGreaterThan(0);
});

test('a small answer does not take the memory of a large one', () => {
  const pool = new FramePool(32 * mebibyte);
  const { memory, parts } = arrive(pool, 8 * mebibyte, 1);
  for (const part of parts) part.release();
  expect(arrive(pool, 100_000, 1).memory.buffer).not.toBe(memory.buffer);
});

test('an answer larger than asked for gets memory that is not reused', () => {
  expect(new Frame(new FramePool(32 * mebibyte), mebibyte).memoryFor(2 * mebibyte)).toBeUndefined();
});

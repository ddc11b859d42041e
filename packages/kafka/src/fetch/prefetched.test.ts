import { expect, test } from 'vitest';
import { Frame, FramePool } from './frame-pool.ts';
import { PartitionCursor } from './partition-cursor.ts';
import { Prefetched } from './prefetched.ts';

function cursor(partition: number): PartitionCursor {
  return new PartitionCursor('t', partition, { offset: 0n, lastFetchedEpoch: -1 });
}

function begin(limitBytes: number) {
  const pool = new FramePool(limitBytes);
  const prefetched = new Prefetched(limitBytes, pool);
  /** As the fetcher does it: the cursor has already moved after the answer. */
  const put = (to: PartitionCursor, bytes: number): void => {
    const frame = new Frame(pool, 0);
    frame.arrived(bytes);
    const read = { batches: [], nextOffset: to.offset + 1n, lastEpoch: 0 };
    to.moveTo(read);
    prefetched.push(to, to.fetched(read, bytes, frame));
    frame.release();
    frame.uncount();
  };
  return { pool, prefetched, put };
}

test('what is handed out counts until it is released or the caller comes again', () => {
  const { pool, prefetched, put } = begin(100);
  put(cursor(0), 60);
  put(cursor(1), 30);
  expect(prefetched.full).toBe(true);
  const taken = prefetched.take(Infinity);
  expect(pool.heldBytes).toBe(90);
  taken[0]!.release();
  expect(pool.heldBytes).toBe(30);
  prefetched.uncountHanded();
  taken[1]!.release();
  expect(pool.heldBytes).toBe(0);
});

test('the order of a partition is kept when the byte limit stops it', () => {
  const { prefetched, put } = begin(1_000);
  const [a, b] = [cursor(0), cursor(1)];
  put(a, 10);
  put(b, 50);
  put(b, 1);
  put(a, 1);
  expect([a.waitingBytes, b.waitingBytes]).toEqual([11, 51]);
  const first = prefetched.take(20);
  expect(first.map(({ partition, nextOffset }) => [partition, nextOffset])).toEqual([
    [0, 1n],
    [0, 2n],
  ]);
  prefetched.uncountHanded();
  const second = prefetched.take(20);
  expect(second.map(({ partition, nextOffset }) => [partition, nextOffset])).toEqual([[1, 1n]]);
  expect([a.waitingBytes, b.waitingBytes]).toEqual([0, 1]);
});

test('a paused partition keeps what was fetched of it until others need the room, then it is rewound', () => {
  const { pool, prefetched, put } = begin(100);
  const paused = cursor(0);
  put(paused, 20);
  prefetched.take(Infinity);
  prefetched.uncountHanded();
  put(paused, 20);
  paused.paused = true;
  expect(prefetched.take(Infinity)).toEqual([]);
  prefetched.makeRoom();
  expect([paused.offset, pool.heldBytes]).toEqual([2n, 20]);
  put(paused, 40);
  prefetched.makeRoom();
  expect([paused.offset, pool.heldBytes, paused.waitingBytes]).toEqual([1n, 0, 0]);
});

test('a problem that was dropped to make room is found again', () => {
  const { prefetched, put } = begin(100);
  const paused = cursor(0);
  put(paused, 60);
  paused.state = 'ended';
  prefetched.push(paused, paused.ended({ kind: 'overtaken', from: 1n, to: 9n, detail: '' }));
  paused.paused = true;
  prefetched.makeRoom();
  expect([paused.offset, paused.state]).toEqual([0n, 'fetching']);
});

test('nothing comes out of a partition that was dropped', () => {
  const { pool, prefetched, put } = begin(100);
  const [a, b] = [cursor(0), cursor(1)];
  put(a, 1);
  put(b, 1);
  prefetched.drop(a);
  expect(pool.heldBytes).toBe(1);
  expect(prefetched.take(Infinity).map(({ partition }) => partition)).toEqual([1]);
});

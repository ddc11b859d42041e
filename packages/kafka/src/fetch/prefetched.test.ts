import { expect, test } from 'vitest';
import { PartitionCursor } from './partition-cursor.ts';
import { Prefetched } from './prefetched.ts';

function cursor(partition: number): PartitionCursor {
  return new PartitionCursor('t', partition, { offset: 0n, lastFetchedEpoch: -1 });
}

/** As a fetcher does it: the cursor has moved when its answer is put in. */
function put(prefetched: Prefetched, to: PartitionCursor, bytes: number): void {
  to.moveTo({ batches: [], nextOffset: to.offset + 1n, lastEpoch: 0 });
  prefetched.push(to, to.fetched([], bytes));
}

test('what is handed out counts until the caller comes again', () => {
  const prefetched = new Prefetched(100);
  put(prefetched, cursor(0), 60);
  expect(prefetched.full).toBe(true);
  expect(prefetched.take(Infinity)).toHaveLength(1);
  expect(prefetched.heldBytes).toBe(60);
  prefetched.release();
  expect(prefetched.heldBytes).toBe(0);
});

test('the order of a partition is kept when the byte limit stops it', () => {
  const prefetched = new Prefetched(1_000);
  const [a, b] = [cursor(0), cursor(1)];
  put(prefetched, a, 10);
  put(prefetched, b, 50);
  put(prefetched, b, 1);
  put(prefetched, a, 1);
  const first = prefetched.take(20);
  expect(first.map(({ partition, nextOffset }) => [partition, nextOffset])).toEqual([
    [0, 1n],
    [0, 2n],
  ]);
  prefetched.release();
  const second = prefetched.take(20);
  expect(second.map(({ partition, nextOffset }) => [partition, nextOffset])).toEqual([[1, 1n]]);
});

test('a paused partition keeps its share until the others have no room, then it goes back to where its reader is', () => {
  const prefetched = new Prefetched(100);
  const paused = cursor(0);
  put(prefetched, paused, 20);
  prefetched.take(Infinity);
  prefetched.release();
  put(prefetched, paused, 20);
  paused.paused = true;
  expect(prefetched.take(Infinity)).toEqual([]);
  prefetched.makeRoom();
  expect([paused.offset, prefetched.heldBytes]).toEqual([2n, 20]);
  put(prefetched, paused, 40);
  prefetched.makeRoom();
  expect([paused.offset, prefetched.heldBytes]).toEqual([1n, 0]);
});

test('a problem that was dropped for room is looked for again', () => {
  const prefetched = new Prefetched(100);
  const paused = cursor(0);
  put(prefetched, paused, 60);
  paused.state = 'stopped';
  prefetched.push(paused, paused.fetched([], 0, { kind: 'overtaken', from: 1n, to: 9n, detail: '' }));
  paused.paused = true;
  prefetched.makeRoom();
  expect([paused.offset, paused.state]).toEqual([0n, 'fetching']);
});

test('nothing comes out of a partition that was dropped', () => {
  const prefetched = new Prefetched(100);
  const [a, b] = [cursor(0), cursor(1)];
  put(prefetched, a, 1);
  put(prefetched, b, 1);
  prefetched.drop(a);
  expect(prefetched.take(Infinity).map(({ partition }) => partition)).toEqual([1]);
});

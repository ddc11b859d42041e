import { expect, test } from 'vitest';
import { BlockPool } from './block-pool.ts';

test('no more is lent than the bound, and what comes back is lent again', () => {
  const pool = new BlockPool(1024 * 1024);
  const lent = Array.from({ length: pool.available }, () => pool.take());
  expect(lent.length * pool.blockBytes).toBe(1024 * 1024);
  expect(() => pool.take()).toThrow(RangeError);
  pool.giveBack(lent.slice(0, 3));
  expect(pool.available).toBe(3);
  expect(lent.slice(0, 3)).toContain(pool.take());
  expect(pool.madeBytes).toBe(1024 * 1024);
});

test('blocks share no byte', () => {
  const pool = new BlockPool(256 * 1024);
  const lent = Array.from({ length: pool.available }, () => pool.take());
  for (const [index, block] of lent.entries()) block.fill(index);
  for (const [index, block] of lent.entries()) expect(block.every((byte) => byte === index)).toBe(true);
});

test('memory is made when it is needed and given up when nothing of it is lent', () => {
  const pool = new BlockPool(64 * 1024 * 1024);
  expect(pool.madeBytes).toBe(0);
  const block = pool.take();
  pool.forget();
  expect(pool.madeBytes).toBeGreaterThan(0);
  pool.giveBack([block]);
  pool.forget();
  expect(pool.madeBytes).toBe(0);
  expect(pool.take()).toHaveLength(pool.blockBytes);
});

test('a small bound has small blocks, and several of them', () => {
  const pool = new BlockPool(10_000);
  expect(pool.blockBytes).toBe(256);
  expect(pool.available).toBe(39);
});

import { expect, test } from 'vitest';
import { Bandwidth } from './bandwidth.ts';

test('without a limit nobody ever waits', () => {
  const bandwidth = new Bandwidth(Infinity);
  bandwidth.took(1e12, 0);
  expect(bandwidth.waitMs(0)).toBe(0);
  expect(bandwidth.atMost(32, 1_000)).toBe(32);
  expect(bandwidth.heldBackWithin(1_000, 5_000)).toBe(false);
});

test('pieces of any size come to the limit on average, with a quarter of a second to begin with', () => {
  const bandwidth = new Bandwidth(100_000);
  let now = 1_000_000;
  let total = 0;
  const startedAt = now;
  for (let round = 0; round < 1_000; round += 1) {
    const bytes = 1 + ((round * 7_919) % 50_000);
    bandwidth.took(bytes, now);
    total += bytes;
    now += bandwidth.waitMs(now);
  }
  const seconds = (now - startedAt) / 1_000;
  expect(total / (seconds + 0.25)).toBeCloseTo(100_000, 0);
});

test('a piece larger than a second of the limit passes, and is waited for afterwards', () => {
  const bandwidth = new Bandwidth(1_000);
  bandwidth.took(10_000, 0);
  expect(bandwidth.waitMs(0)).toBe(9_750);
  expect(bandwidth.waitMs(9_750)).toBe(0);
});

test('shards that wait at the same time count once', () => {
  const bandwidth = new Bandwidth(1_000);
  bandwidth.waited(0, 100);
  bandwidth.waited(50, 120);
  bandwidth.waited(60, 110);
  expect(bandwidth.heldBackMs).toBe(120);
  expect(bandwidth.heldBackWithin(30, 140)).toBe(true);
  expect(bandwidth.heldBackWithin(30, 200)).toBe(false);
});

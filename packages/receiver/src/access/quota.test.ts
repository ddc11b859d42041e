import { expect, test } from 'vitest';
import { Quota } from './quota.ts';

const sent = (quota: Quota, sender: string, count: number, now: number) =>
  Array.from({ length: count }, () => quota.admits(sender, now)).filter(Boolean).length;

test('a sender has its rate, after a burst of two seconds of it', () => {
  const quota = new Quota({ requestsPerSecond: 10, bytesPerSecond: 0 }, 100);
  expect(sent(quota, 'a', 50, 0)).toBe(20);
  expect(sent(quota, 'a', 50, 500)).toBe(5);
  expect(sent(quota, 'a', 50, 60_000)).toBe(20);
  expect(sent(quota, 'b', 50, 60_000)).toBe(20);
});

test('a rate below one a second still lets one through', () => {
  const quota = new Quota({ requestsPerSecond: 0.1, bytesPerSecond: 0 }, 100);
  expect(sent(quota, 'a', 3, 0)).toBe(1);
  expect(sent(quota, 'a', 3, 9_000)).toBe(0);
  expect(sent(quota, 'a', 3, 10_000)).toBe(1);
});

test('a body that was longer than what was left is paid off before the next', () => {
  const quota = new Quota({ requestsPerSecond: 0, bytesPerSecond: 1_000 }, 100);
  expect(quota.admits('a', 0)).toBe(true);
  quota.charge('a', 12_000, 0);
  expect(quota.admits('a', 9_999)).toBe(false);
  expect(quota.admits('a', 10_001)).toBe(true);
});

test('without rates nothing is remembered', () => {
  const quota = new Quota({ requestsPerSecond: 0, bytesPerSecond: 0 }, 100);
  expect(sent(quota, 'a', 1_000, 0)).toBe(1_000);
  quota.charge('a', 1_000_000, 0);
  expect(quota.senders).toBe(0);
});

test('a flood of senders has bounded memory, and does not free those that keep sending', () => {
  const quota = new Quota({ requestsPerSecond: 1, bytesPerSecond: 0 }, 50);
  expect(sent(quota, 'loud', 5, 0)).toBe(2);
  let freed = 0;
  for (let n = 0; n < 10_000; n += 1) {
    quota.admits(`flood-${n}`, 0);
    if (n % 20 === 0 && quota.admits('loud', 0)) freed += 1;
  }
  expect(freed).toBe(0);
  expect(quota.senders).toBe(50);
});

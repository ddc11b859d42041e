import { expect, test } from 'vitest';
import { CommitBudget } from './commit-budget.ts';

const mebibyte = 1024 * 1024;

test('transactions shrink while they are throttled for too long, down to what always passes', () => {
  const budget = new CommitBudget(8 * mebibyte, 10_000);
  expect(budget.bytes).toBe(8 * mebibyte);
  budget.failed(6 * mebibyte);
  expect(budget.bytes).toBe(1.5 * mebibyte);
  for (let tries = 0; tries < 10; tries += 1) budget.failed(budget.bytes);
  expect(budget.bytes).toBe(16 * 1024);
});

test('one that passed and is throttled for long makes the next one smaller', () => {
  const budget = new CommitBudget(8 * mebibyte, 10_000);
  budget.passed(2 * mebibyte, 9_000);
  expect(budget.bytes).toBe(mebibyte);
  budget.passed(mebibyte, 1_000);
  expect(budget.bytes).toBe(mebibyte);
});

test('they grow again when nothing throttles them, up to what is configured', () => {
  const budget = new CommitBudget(mebibyte, 10_000);
  budget.failed(mebibyte);
  for (let commits = 0; commits < 5; commits += 1) budget.passed(1_000, 0);
  expect(budget.bytes).toBe(mebibyte);
});

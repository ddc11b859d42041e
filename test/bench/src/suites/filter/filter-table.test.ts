import { expect, test } from 'vitest';
import type { Drained } from './drain.ts';
import { tableOf, type Outcome } from './filter-table.ts';

const backlog = { topic: 'raw', partitions: 12, events: 1_000, bytesPerEvent: 1_100 };

function drained(cpuMicrosPerEvent: number, peakRssBytes = 3e8): Drained {
  return { cpuMicrosPerEvent, eventsPerSecond: 20_000, peakRssBytes, cleanTopic: 'clean', topics: [] };
}

function outcome(name: string, runs: Drained[], more: { share?: number; trouble?: string } = {}): Outcome {
  const batches = { count: 4, bytesPerBatch: 512_000 };
  return { contender: { name, shareOfConnect: more.share }, drained: runs, batches, trouble: more.trouble };
}

function figuresOf(name: string, outcomes: Outcome[]) {
  const row = tableOf(outcomes, backlog).rows.find((found) => found.name === name);
  return row?.skipped ?? row?.figures;
}

const ours = outcome('ours', [drained(10), drained(14), drained(12)]);

test('beside Redpanda Connect itself the ratio is that of the medians', () => {
  const outcomes = [ours, outcome('Connect', [drained(48)], { share: 1 })];
  expect(figuresOf('ours', outcomes)).toMatchObject({ cpu: { median: 12, min: 10, max: 14 }, ratio: 0.25 });
  expect(figuresOf('Connect', outcomes)).toMatchObject({ ratio: 1 });
  expect(tableOf(outcomes, backlog).notes.join()).not.toContain('scaled');
});

test('beside Benthos the ratio is to what Connect would take, and a note says so', () => {
  const outcomes = [ours, outcome('Benthos', [drained(60)], { share: 0.8 })];
  expect(figuresOf('ours', outcomes)).toMatchObject({ ratio: 0.25 });
  expect(figuresOf('Benthos', outcomes)).toMatchObject({ cpu: { median: 60 }, ratio: 1.25 });
  expect(tableOf(outcomes, backlog).notes.at(-1)).toContain('scaled');
});

test('without a peer there is no ratio, and its row says why', () => {
  const outcomes = [ours, outcome('Benthos', [], { share: 0.8, trouble: 'no Go' })];
  expect(figuresOf('ours', outcomes)).toMatchObject({ ratio: null, rate: { median: 20_000 } });
  expect(figuresOf('Benthos', outcomes)).toBe('no Go');
});

test('one that failed in a later run is a skipped row, and nothing is compared with it', () => {
  const outcomes = [ours, outcome('Benthos', [drained(60)], { share: 0.8, trouble: 'failed: it has ended' })];
  expect(figuresOf('Benthos', outcomes)).toBe('failed: it has ended');
  expect(figuresOf('ours', outcomes)).toMatchObject({ ratio: null });
});

test('memory is the most that any run took', () => {
  const outcomes = [outcome('ours', [drained(10, 2e8), drained(10, 5e8), drained(10, 3e8)])];
  expect(figuresOf('ours', outcomes)).toMatchObject({ rss: 500, batch: 512 });
});

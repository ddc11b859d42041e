import { expect, test } from 'vitest';
import type { ReceiverSample } from './measure.ts';
import { tableOf, type Outcome } from './receiver-table.ts';
import { parts, type Workload } from './workloads.ts';

const cost = parts['cost']!;
const [one, ten] = cost.workloads as [Workload, Workload];

function sample(cpuMicrosPerEvent: number): ReceiverSample {
  return { cpuMicrosPerEvent, eventsPerSecond: 20_000, p50Ms: 5, p99Ms: 9, peakRssBytes: 1e8 };
}

function outcome(name: string, workload: Workload, micros: number[], share?: (n: number) => number): Outcome {
  const contender = { name, shareOfConnect: share ?? (() => undefined) };
  return { contender, workload, samples: micros.map(sample), trouble: undefined };
}

const rowsOf = (outcomes: Outcome[]) => tableOf(cost, outcomes, 1_100).rows;

test('each row is compared with the peer under the same workload', () => {
  const rows = rowsOf([
    outcome('ours', one, [30, 50, 40]),
    outcome('Connect', one, [80], () => 1),
    outcome('ours', ten, [10]),
    outcome('Connect', ten, [40], () => 1),
  ]);
  expect(rows.map(({ name }) => name)).toEqual([
    'ours, 1 a request',
    'Connect, 1 a request',
    'ours, 10 a request',
    'Connect, 10 a request',
  ]);
  expect(rows[0]?.figures).toMatchObject({ cpu: { median: 40, min: 30, max: 50 }, ratio: 0.5 });
  expect(rows[2]?.figures).toMatchObject({ ratio: 0.25 });
});

test('beside Benthos the ratio is to what Connect would take, where that is known, and a note tells', () => {
  const share = (n: number) => new Map([[1, 0.5]]).get(n) as number;
  const outcomes = [
    outcome('ours', one, [10]),
    outcome('Benthos', one, [40], share),
    outcome('ours', ten, [10]),
    outcome('Benthos', ten, [40], share),
  ];
  const ratios = rowsOf(outcomes).map(({ figures }) => figures['ratio']);
  expect(ratios).toEqual([0.5, 2, null, null]);
  expect(tableOf(cost, outcomes, 1_100).notes.join()).toContain('scaled');
});

test('who failed in a later run has no figures', () => {
  const failed = { ...outcome('ours', one, [10]), trouble: 'failed: 1 of 9 refused' };
  expect(rowsOf([failed])).toEqual([
    { name: 'ours, 1 a request', figures: {}, skipped: 'failed: 1 of 9 refused' },
  ]);
});

import { expect, test } from 'vitest';
import { chaosPage } from './chaos-page.ts';
import type { ChaosReport } from './chaos-report.ts';

const latencyMs = { p50: 5, p99: 50, p999: 90, max: 9_000 };
const report: ChaosReport = {
  ...{ kept: false, problems: ['nobody could judge: no broker answers'], seed: 1, minutes: 5 },
  ...{ eventsPerSecond: 500, again: 'npm run chaos -- --seed 1', cutShort: false, seconds: 300 },
  ...{
    machine: '2 x a core',
    plannedFaults: 0,
    faults: [],
    skipped: [],
    unbidden: [],
    samples: [],
    judged: undefined,
  },
  sent: {
    ...{ acknowledged: 150_000, acknowledgedClean: 148_500, refused: 0, unknown: 0, requests: 15_000 },
    ...{ resends: 3, latencyMs },
  },
};

test('a run that nobody could judge has a report, which says so and does not look good', () => {
  const page = chaosPage(report);
  expect(page).toContain('There is no verdict: nobody could judge.');
  expect(page).toContain('no broker answers');
  expect(page).toContain('class="verdict bad"');
  expect(page).not.toContain('<dt>lost</dt>');
});

test('faults that did not go as planned are said beside the verdict, also when it is good', () => {
  const fault = { number: 1, name: 'kill-broker', what: 'kill-broker', lane: 'master', from: 1, to: 2 };
  const faults = [
    { ...fault, outcome: 'one killed' },
    { ...fault, outcome: undefined, problem: 'broker 2: not ready' },
  ];
  expect(chaosPage({ ...report, plannedFaults: 2, faults })).toContain('1 of 2 faults did not go as planned');
  const one = { plannedFaults: 1, faults: faults.slice(0, 1) };
  expect(chaosPage({ ...report, ...one })).not.toMatch(/as planned|never began/);
  expect(chaosPage({ ...report, ...one, plannedFaults: 3 })).toContain('2 of 3 planned faults never began');
});

import { expect, test } from 'vitest';
import { soakOptions, soakSteps } from './soak-plan.ts';

test('the seed is by the clock unless it is given', () => {
  expect(soakOptions(['core'], 5_000_000).seed).toBe(5_000);
  expect(soakOptions(['core', '--seed', '7'], 5_000_000).seed).toBe(7);
});

test('each long form is a run of its own, and says how to repeat it', () => {
  const options = soakOptions(['core', '--seed', '7', '--rounds', '500'], 0);
  const steps = soakSteps(options, 8);
  expect(steps.map(({ name, environment }) => [name, environment['PENSTOCK_ROUNDS']])).toEqual([
    ['random-faults', '500'],
    ['rebalances', '50'],
    ['broker-moves', '1'],
    ['damaged-bytes', undefined],
  ]);
  expect(steps[3]?.environment).toEqual({ PENSTOCK_FUZZ_SEED: '8', PENSTOCK_FUZZ_RUNS: '50000' });
  expect(steps[1]?.environment['PENSTOCK_SEED']).toBe('8');
  expect(steps[1]?.again).toBe('npm run soak -- core --seed 8 --rounds 500 --only rebalances');
});

test('runs are all contract tests in their short forms', () => {
  const steps = soakSteps(soakOptions(['core', '--runs', '20'], 0), 3);
  expect(steps).toEqual([
    {
      name: 'all tests in their short forms',
      project: 'kafka',
      files: ['packages/kafka/test/'],
      environment: { PENSTOCK_SEED: '3' },
      again: 'npm run soak -- core --runs 1 --seed 3',
    },
  ]);
});

test('the Receiver has long forms of its own', () => {
  const steps = soakSteps(soakOptions(['receiver', '--seed', '7', '--only', 'attacks'], 0), 7);
  expect(steps).toEqual([
    {
      name: 'attacks',
      project: 'kafka',
      files: ['packages/receiver/test/attacks.kafka'],
      environment: { PENSTOCK_SEED: '7', PENSTOCK_ATTACK_MS: '10000' },
      again: 'npm run soak -- receiver --seed 7 --rounds 200 --only attacks',
    },
  ]);
});

test('the filter has long forms of its own', () => {
  const steps = soakSteps(soakOptions(['filter', '--seed', '7'], 0), 9);
  expect(steps.map(({ name, environment }) => [name, environment])).toEqual([
    ['faults', { PENSTOCK_SEED: '9', PENSTOCK_ROUNDS: '20' }],
    ['hand-over', { PENSTOCK_SEED: '9', PENSTOCK_WINDOW_IDS: '150000' }],
  ]);
  expect(steps[0]?.files).toEqual(['packages/input-filter/test/faults.kafka']);
  expect(steps[0]?.again).toBe('npm run soak -- filter --seed 9 --rounds 200 --only faults');
});

test('the Mirror is killed and loses an answer once a round, beside a hundred random answers', () => {
  const steps = soakSteps(soakOptions(['mirror', '--seed', '7', '--rounds', '3'], 0), 7);
  expect(steps.map(({ name, environment }) => [name, environment])).toEqual([
    ['crash', { PENSTOCK_SEED: '7', PENSTOCK_ROUNDS: '3' }],
    ['long-way', { PENSTOCK_SEED: '7', PENSTOCK_ROUNDS: '3' }],
    ['four-links', { PENSTOCK_SEED: '7', PENSTOCK_CUT_MS: '180000' }],
    ['pass-through', { PENSTOCK_FUZZ_SEED: '7', PENSTOCK_FUZZ_RUNS: '300' }],
  ]);
});

test('only some files', () => {
  expect(soakSteps(soakOptions(['core', '--only', 'rebal'], 0), 1).map(({ name }) => name)).toEqual([
    'rebalances',
  ]);
  const [step] = soakSteps(soakOptions(['core', '--runs', '1', '--only', 'lost-ack,group'], 0), 1);
  expect(step?.files).toEqual(['packages/kafka/test/lost-ack', 'packages/kafka/test/group']);
});

test.each([
  [[], 'What is to be soaked'],
  [['runner'], 'What is to be soaked'],
  [['core', '--rounds', 'many'], '--rounds is a whole number'],
  [['core', '--hours', '2'], "Unknown option '--hours'"],
])('%j is refused in a sentence', (args, message) => {
  expect(() => soakOptions(args, 0)).toThrow(message);
});

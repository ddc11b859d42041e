import { expect, test } from 'vitest';
import { readOptions } from './options.ts';
import type { Suite } from './suite.ts';

const core: Suite = {
  name: 'core',
  about: 'The Kafka core',
  parts: ['produce', 'consume'],
  run: () => {
    throw new Error('not here');
  },
};

function read(...args: string[]) {
  return readOptions(args, [core]);
}

test('without options a suite is measured as a whole, five times, and written down', () => {
  expect(read('core')).toEqual({
    kind: 'run',
    options: {
      suites: [{ suite: core, only: new Set(['produce', 'consume']) }],
      runs: 5,
      quick: false,
      rows: undefined,
      write: true,
    },
  });
});

test('without a suite all of them are measured, with all their parts', () => {
  const other = { ...core, name: 'other', parts: ['start'] };
  expect(readOptions(['--quick'], [core, other])).toMatchObject({
    options: {
      suites: [
        { suite: core, only: new Set(['produce', 'consume']) },
        { suite: other, only: new Set(['start']) },
      ],
    },
  });
});

test.each([[['--quick']], [['--no-write']], [['--rows', 'Penstock']]])('%s writes nothing down', (args) => {
  expect(read('core', ...args)).toMatchObject({ options: { write: false } });
});

test('a part alone is written down: the others stay as they were', () => {
  expect(read('core', '--only', 'produce')).toMatchObject({
    options: { write: true, suites: [{ suite: core, only: new Set(['produce']) }] },
  });
});

test.each([
  [['cores'], 'say one suite, or none for all: core'],
  [['core', 'core'], 'say one suite, or none for all: core'],
  [['--only', 'produce'], '--only and --rows are of one suite'],
  [['core', '--only', 'relay'], '--only relay: core has produce, consume'],
  [['core', '--runs', '0'], '--runs must be'],
  [['core', '--rnus', '2'], '--rnus'],
])('%j is refused with the help', (args, why) => {
  const answer = read(...args);
  expect(answer).toMatchObject({ kind: 'text', exitCode: 2 });
  expect(answer).toMatchObject({ text: expect.stringContaining(why) as string });
  expect(answer).toMatchObject({ text: expect.stringContaining('npm run bench -- core --quick') as string });
});

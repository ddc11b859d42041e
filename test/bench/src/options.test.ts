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
      suite: core,
      runs: 5,
      quick: false,
      only: new Set(['produce', 'consume']),
      rows: undefined,
      write: true,
    },
  });
});

test.each([[['--quick']], [['--no-write']], [['--rows', 'Penstock']]])('%s writes nothing down', (args) => {
  expect(read('core', ...args)).toMatchObject({ options: { write: false } });
});

test('a part alone is written down: the others stay as they were', () => {
  expect(read('core', '--only', 'produce')).toMatchObject({
    options: { write: true, only: new Set(['produce']) },
  });
});

test.each([
  [[], 'say one suite: core'],
  [['cores'], 'say one suite: core'],
  [['core', '--only', 'relay'], '--only relay: core has produce, consume'],
  [['core', '--runs', '0'], '--runs must be'],
  [['core', '--rnus', '2'], '--rnus'],
])('%j is refused with the help', (args, why) => {
  const answer = read(...args);
  expect(answer).toMatchObject({ kind: 'text', exitCode: 2 });
  expect(answer).toMatchObject({ text: expect.stringContaining(why) as string });
  expect(answer).toMatchObject({ text: expect.stringContaining('npm run bench -- core --quick') as string });
});

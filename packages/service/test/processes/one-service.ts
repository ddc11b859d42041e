// A service for the tests of runProgram: how it behaves is its BEHAVIOUR.
import { readFileSync } from 'node:fs';
import { chassisKnobs, oneOf, RefusedError, runProgram, UsageError } from '../../src/index.ts';

const knobs = {
  ...chassisKnobs('PENSTOCK_SAMPLE_', 0),
  behaviour: oneOf(
    'PENSTOCK_SAMPLE_BEHAVIOUR',
    ['good', 'stuck-drain', 'fails-later', 'throws-later', 'reads-later', 'slow-start', 'refused'],
    {
      why: 'What the test wants.',
      default: 'good',
    },
  ),
};

await runProgram({
  name: 'sample',
  about: 'does what a test wants',
  prefix: 'PENSTOCK_SAMPLE_',
  knobs,
  async start({ config, fail, stopping, log }) {
    if (config.behaviour === 'slow-start') {
      await new Promise((_, reject) =>
        stopping.addEventListener('abort', () => reject(new Error('given up'))),
      );
    }
    if (config.behaviour === 'refused') {
      const cause = Object.assign(new Error('permission denied'), { code: 'EACCES', syscall: 'open' });
      throw new RefusedError('there is no file of keys', { cause });
    }
    if (config.behaviour === 'fails-later') setTimeout(() => fail(new Error('the broker said no')), 20);
    if (config.behaviour === 'throws-later') setTimeout(() => JSON.parse('{'), 20);
    if (config.behaviour === 'reads-later') setTimeout(() => readFileSync('/nowhere'), 20);
    const keepsTheProcess = setInterval(() => {}, 1000);
    return {
      notReady: () => [],
      status: () => ({ offset: 12n }),
      async drain() {
        log.info('draining');
        if (config.behaviour === 'stuck-drain') await new Promise(() => {});
      },
      async [Symbol.asyncDispose]() {
        clearInterval(keepsTheProcess);
        log.info('disposed');
      },
    };
  },
  flags: {
    behaviour: { value: 'WORD', about: 'instead of the variable', insteadOf: knobs.behaviour },
  },
  commands: {
    take: {
      about: 'takes so many, or all',
      synopsis: '(--count N | --all)',
      flags: { count: { value: 'N', about: 'how many' }, all: { about: 'all of them' } },
      async act(config, given) {
        const count = given.oneOf('count', 'all') === 'all' ? 'all' : given.wholeNumber('count');
        if (count === 13n) throw new TypeError('the program is wrong');
        if (count === 12n)
          throw Object.assign(new Error('12 are not there'), { code: 'FEW', retryable: false });
        if (count === 11n) throw new UsageError('not 11');
        return `took ${count}, ${config.behaviour}`;
      },
    },
  },
});

// A service for the tests of runService: how it behaves is its BEHAVIOUR.
import { chassisKnobs, oneOf, runService } from '../../src/index.ts';

const knobs = {
  ...chassisKnobs('PENSTOCK_SAMPLE_', 0),
  behaviour: oneOf(
    'PENSTOCK_SAMPLE_BEHAVIOUR',
    ['good', 'stuck-drain', 'fails-later', 'throws-later', 'slow-start'],
    {
      why: 'What the test wants.',
      default: 'good',
    },
  ),
};

await runService({
  name: 'sample',
  prefix: 'PENSTOCK_SAMPLE_',
  knobs,
  async start({ config, fail, stopping, log }) {
    if (config.behaviour === 'slow-start') {
      await new Promise((_, reject) =>
        stopping.addEventListener('abort', () => reject(new Error('given up'))),
      );
    }
    if (config.behaviour === 'fails-later') setTimeout(() => fail(new Error('the broker said no')), 20);
    if (config.behaviour === 'throws-later') setTimeout(() => JSON.parse('{'), 20);
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
});

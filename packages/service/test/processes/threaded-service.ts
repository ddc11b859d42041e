// A service of two threads for the tests of startThreads.
import { chassisKnobs, oneOf, runProgram, startThreads } from '../../src/index.ts';

const knobs = {
  ...chassisKnobs('PENSTOCK_SAMPLE_', 0),
  behaviour: oneOf('PENSTOCK_SAMPLE_BEHAVIOUR', ['good', 'one-thread-throws', 'one-thread-reads'], {
    why: 'What.',
    default: 'good',
  }),
};

await runProgram({
  name: 'sample',
  about: 'runs two threads',
  prefix: 'PENSTOCK_SAMPLE_',
  knobs,
  async start(context) {
    context.metrics.counter('turns_total', 'Turns.');
    const entry = new URL('./sample-thread.ts', import.meta.url);
    const data = context.config.behaviour;
    return startThreads({ entry, service: 'sample', count: 2, data, context, youngMebibytesMax: 12 });
  },
});

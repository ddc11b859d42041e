import { readFileSync } from 'node:fs';
import { resourceLimits } from 'node:worker_threads';
import { runThread } from '../../src/index.ts';

await runThread<string>(async ({ data, thread, log, metrics }) => {
  const turns = metrics.counter('turns_total', 'Turns.');
  turns.add(10 + thread);
  if (data === 'one-thread-throws' && thread === 1) {
    setTimeout(() => {
      throw new Error('the thread is broken');
    }, 20);
  }
  if (data === 'one-thread-reads' && thread === 1) setTimeout(() => readFileSync('/nowhere'), 20);
  return {
    notReady: () => [],
    status: () => ({ assigned: thread, youngMebibytes: resourceLimits.maxYoungGenerationSizeMb }),
    drain: async () => log.info('thread drained'),
    [Symbol.asyncDispose]: async () => log.info('thread disposed'),
  };
});

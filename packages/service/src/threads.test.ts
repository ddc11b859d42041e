import { expect, test } from 'vitest';
import { startSample } from '../test/processes/start-sample.ts';

test('two threads are one service: one status, summed counters, one stop', async () => {
  const sample = await startSample('threaded-service', {});
  const status = (await (await fetch(`${sample.operations}/status`)).json()) as { threads: object[] };
  expect(status.threads).toMatchObject([{ assigned: 0 }, { assigned: 1 }]);
  expect(await (await fetch(`${sample.operations}/metrics`)).text()).toContain(
    'penstock_sample_turns_total 21\n',
  );
  sample.signal('SIGTERM');
  expect(await sample.exited).toBe(0);
  expect(sample.lines.filter((line) => line['msg'] === 'thread drained')).toHaveLength(2);
  expect(sample.lines.filter((line) => line['msg'] === 'thread disposed')).toHaveLength(2);
});

test('a thread has as much memory for young objects as it is given', async () => {
  const sample = await startSample('threaded-service', {});
  const status = (await (await fetch(`${sample.operations}/status`)).json()) as { threads: object[] };
  expect(status.threads).toMatchObject([{ youngMebibytes: 12 }, { youngMebibytes: 12 }]);
  sample.signal('SIGTERM');
  expect(await sample.exited).toBe(0);
});

test('a thread that throws ends the process with 1 and its error', async () => {
  const sample = await startSample('threaded-service', { PENSTOCK_SAMPLE_BEHAVIOUR: 'one-thread-throws' });
  expect(await sample.exited).toBe(1);
  expect(await sample.heard('failed')).toMatchObject({
    error: { cause: { message: 'the thread is broken' } },
  });
});

test('what the system refuses a thread, and nobody has caught, is told with its place', async () => {
  const sample = await startSample('threaded-service', { PENSTOCK_SAMPLE_BEHAVIOUR: 'one-thread-reads' });
  expect(await sample.exited).toBe(1);
  expect(await sample.heard('failed')).toMatchObject({
    error: { cause: { code: 'ENOENT', stack: expect.stringContaining('sample-thread.ts') } },
  });
});

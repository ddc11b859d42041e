import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { startSample } from '../test/processes/start-sample.ts';

const messages = (lines: Record<string, unknown>[]) => lines.map((line) => line['msg']);

test('SIGTERM drains, disposes and ends with 0', async () => {
  const sample = await startSample('one-service', {});
  expect((await fetch(`${sample.operations}/readyz`)).status).toBe(200);
  expect(await (await fetch(`${sample.operations}/status`)).json()).toMatchObject({
    service: 'sample',
    offset: '12',
  });
  sample.signal('SIGTERM');
  expect(await sample.exited).toBe(0);
  expect(messages(sample.lines).slice(-4)).toEqual(['stopping', 'draining', 'disposed', 'stopped']);
});

test('while draining it is alive but not ready, and a second signal ends it with 1', async () => {
  const sample = await startSample('one-service', { PENSTOCK_SAMPLE_BEHAVIOUR: 'stuck-drain' });
  sample.signal('SIGINT');
  await sample.heard('draining');
  const ready = await fetch(`${sample.operations}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([503, { ready: false, reasons: ['stopping'] }]);
  expect((await fetch(`${sample.operations}/livez`)).status).toBe(200);
  sample.signal('SIGTERM');
  expect(await sample.exited).toBe(1);
});

test('a drain that hangs ends with 1 when STOP_TIMEOUT_MS is over', async () => {
  const env = { PENSTOCK_SAMPLE_BEHAVIOUR: 'stuck-drain', PENSTOCK_SAMPLE_STOP_TIMEOUT_MS: '1000' };
  const sample = await startSample('one-service', env);
  sample.signal('SIGTERM');
  expect(await sample.exited).toBe(1);
  expect(messages(sample.lines)).toContain('did not stop in time');
});

test('a signal during the start gives up and ends with 0', async () => {
  const sample = await startSample(
    'one-service',
    { PENSTOCK_SAMPLE_BEHAVIOUR: 'slow-start' },
    'operations listener is open',
  );
  expect((await fetch(`${sample.operations}/readyz`)).status).toBe(503);
  sample.signal('SIGTERM');
  expect(await sample.exited).toBe(0);
});

test.each(['fails-later', 'throws-later', 'reads-later'])(
  'a service that %s ends with 1 and says why',
  async (behaviour) => {
    const sample = await startSample('one-service', { PENSTOCK_SAMPLE_BEHAVIOUR: behaviour });
    expect(await sample.exited).toBe(1);
    expect(sample.lines.at(-1)).toMatchObject({
      error: { stack: expect.stringContaining('one-service.ts') },
    });
  },
);

test('what the world refuses at the start is one line without a stack, and ends it with 1', async () => {
  const sample = await startSample('one-service', { PENSTOCK_SAMPLE_BEHAVIOUR: 'refused' }, 'failed');
  expect(await sample.exited).toBe(1);
  const { error } = sample.lines.at(-1) as { error: Record<string, unknown> };
  expect(error).toMatchObject({ type: 'RefusedError', code: 'REFUSED' });
  expect(error).toMatchObject({ message: expect.stringContaining('there is no file of keys') });
  expect(JSON.stringify(error)).not.toContain('one-service.ts');
});

test('every problem of the configuration is told at once, and the process ends with 2', async () => {
  const sample = await startSample('one-service', {
    PENSTOCK_SAMPLE_BEHAVIOUR: 'odd',
    PENSTOCK_SAMPLE_BEHAVOUR: 'good',
  });
  expect(await sample.exited).toBe(2);
  expect(sample.lines.at(-1)).toMatchObject({
    msg: 'configuration refused',
    problems: [
      'PENSTOCK_SAMPLE_BEHAVOUR: no such knob; did you mean PENSTOCK_SAMPLE_BEHAVIOUR?',
      expect.stringContaining('PENSTOCK_SAMPLE_BEHAVIOUR: expected good or'),
    ],
  });
});

test('a taken port is told with its address and its knob', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as AddressInfo;
  const sample = await startSample('one-service', { PENSTOCK_SAMPLE_OPERATIONS_LISTEN: `127.0.0.1:${port}` });
  expect(await sample.exited).toBe(1);
  taken.close();
  const message =
    `cannot listen on 127.0.0.1:${port} (PENSTOCK_SAMPLE_OPERATIONS_LISTEN): ` +
    'the port is taken by another process';
  expect(sample.lines.at(-1)).toMatchObject({ error: { message: expect.stringContaining(message) } });
});

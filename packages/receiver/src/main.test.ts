import { expect, test } from 'vitest';
import { startReceiverProcess } from '../test/receiver-process.ts';

test('without Kafka it waits, is alive but not ready, and stops with 0', { timeout: 60_000 }, async () => {
  const receiver = await startReceiverProcess(['127.0.0.1:1'], {}, 'waiting for Kafka');
  expect((await fetch(`${receiver.operations}/livez`)).status).toBe(200);
  expect((await fetch(`${receiver.operations}/readyz`)).status).toBe(503);
  receiver.terminate();
  expect(await receiver.exited).toBe(0);
});

test('contradicting knobs end it with 2, and no secret is logged', { timeout: 60_000 }, async () => {
  const env = { STOP_LINGER_MS: '60000', KEY_SALT: 'secret', BODY_BYTES_MAX: '1MiB' };
  const receiver = await startReceiverProcess(['127.0.0.1:1'], env, 'configuration refused');
  expect(await receiver.exited).toBe(2);
  expect(await receiver.heard('configuration refused')).toMatchObject({
    problems: [
      'PENSTOCK_RECEIVER_KEY_SALT: at least 16 characters',
      expect.stringContaining('PENSTOCK_RECEIVER_STOP_TIMEOUT_MS must be at least'),
    ],
  });
  expect(receiver.logged()).not.toContain('secret');
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startReceiverProcess } from '../test/receiver-process.ts';

test('without Kafka it waits, is alive but not ready, and stops with 0', { timeout: 60_000 }, async () => {
  const receiver = await startReceiverProcess(['127.0.0.1:1'], {}, 'waiting for Kafka');
  expect((await fetch(`${receiver.operations}/livez`)).status).toBe(200);
  expect((await fetch(`${receiver.operations}/readyz`)).status).toBe(503);
  receiver.terminate();
  expect(await receiver.exited).toBe(0);
});

test.each([
  [{ KEYS_FILE: '/nowhere/keys' }, 'there is no /nowhere/keys: `receiver keys add` makes one'],
  [{ TLS_CERTIFICATE_FILE: '/nowhere/cert', TLS_KEY_FILE: '/nowhere/key' }, 'there is no /nowhere/cert'],
])(
  'a file that is not there ends it with 1 and one line, without Kafka: %j',
  { timeout: 60_000 },
  async (env, message) => {
    const receiver = await startReceiverProcess(['127.0.0.1:1'], env, 'failed');
    expect(await receiver.exited).toBe(1);
    expect(await receiver.heard('failed')).toMatchObject({ error: { message } });
    expect(receiver.logged()).not.toContain('.ts:');
  },
);

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

test('keys are made, listed and taken back on the command line', { timeout: 90_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'keys');
  const env = {
    PATH: process.env['PATH'],
    PENSTOCK_KAFKA_BOOTSTRAP: '127.0.0.1:1',
    PENSTOCK_RECEIVER_DC: 'fra',
    PENSTOCK_RECEIVER_KEY_SALT: 'a salt for the tests',
    PENSTOCK_RECEIVER_KEYS_FILE: file,
  };
  const main = new URL('./main.ts', import.meta.url).pathname;
  const receiver = (...args: string[]) =>
    spawnSync(process.execPath, [main, ...args], { env, encoding: 'utf8' });
  const added = receiver('keys', 'add', '--tenant', 'shop');
  const [, id = '', key = ''] = /^id: +(\w+)\n.*\nkey: +(pk_\S{43})\n/.exec(added.stdout) ?? [];
  expect([added.status, id.length]).toEqual([0, 12]);
  expect(readFileSync(file, 'utf8')).not.toContain(key);
  expect(receiver('keys', 'list').stdout).toMatch(new RegExp(`^${id}  \\S+  shop\\n$`));
  expect(receiver('keys', 'add').status).toBe(2);
  expect(receiver('keys', 'revoke', '--id', 'nobody')).toMatchObject({ status: 1 });
  expect(receiver('keys', 'revoke', '--id', id)).toMatchObject({ status: 0, stdout: `revoked ${id}\n` });
  expect(receiver('keys', 'list').stdout).toBe('there are no keys\n');
});

import { join } from 'node:path';
import { runToEnd } from '@penstock/test-process';
import { expect, test } from 'vitest';
import type { Rolled } from '../src/roll-receivers.ts';

// docs/decisions/0012-several-receivers-on-one-port.md. A listener that is closed resets who waits to be
// accepted there, unless the kernel hands them over to the others of its port (net.ipv4.tcp_migrate_req).
// The setting is the machine's, so the Receivers, their broker and their clients get a network of their own.

const rounds = process.env['PENSTOCK_ROUNDS'] ?? '1';
const soaks = process.env['PENSTOCK_ROUNDS'] !== undefined;

const inOwnNetwork = (migrates: 0 | 1, ...command: readonly string[]): string[] => {
  const setting = '/proc/sys/net/ipv4/tcp_migrate_req';
  const script = `ip link set lo up && echo ${migrates} > ${setting} && exec "$@"`;
  return ['unshare', '--net', '--map-root-user', '--', '/bin/sh', '-c', script, 'sh', ...command];
};
const possible = await runToEnd(inOwnNetwork(1, 'true')).then(
  ({ exitCode }) => exitCode === 0,
  () => false, // no unshare here
);

async function roll(migrates: 0 | 1): Promise<Rolled> {
  const program = join(import.meta.dirname, '../src/roll-receivers.ts');
  const command = inOwnNetwork(migrates, process.execPath, program, '--rounds', rounds);
  const { exitCode, stdout, stderr } = await runToEnd(command, { timeoutMs: 15 * 60_000 });
  expect([exitCode, stderr]).toEqual([0, expect.anything()]);
  const rolled = JSON.parse(stdout) as Rolled;
  if (soaks) process.stdout.write(`tcp_migrate_req=${migrates}: ${JSON.stringify(rolled.outcomes)}\n`);
  return rolled;
}

test.skipIf(!possible)(
  'needs unshare and ip: Receivers of one port, restarted one by one under load, refuse and reset nobody',
  async () => {
    const { outcomes, exits, ...rest } = await roll(1);
    expect(Object.keys(outcomes)).toEqual(['200']);
    expect(outcomes['200']).toBeGreaterThan(500);
    expect(exits).toEqual(Array.from({ length: 3 * Number(rounds) }, () => ({ code: 0, signal: null })));
    expect(rest).toEqual({ lost: 0, surplus: 0 });
  },
);

test.skipIf(!possible || !soaks)(
  'without tcp_migrate_req only connections that were just being made can be reset',
  async () => {
    const { outcomes, lost } = await roll(0);
    expect(lost).toBe(0);
    const failed = Object.keys(outcomes).filter((outcome) => outcome !== '200');
    expect(failed.filter((outcome) => outcome !== 'fresh: ECONNRESET')).toEqual([]);
  },
);

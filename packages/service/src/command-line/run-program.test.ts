import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, test, vi } from 'vitest';
import { runSample, startSample } from '../../test/processes/start-sample.ts';

// Each starts several processes, and the machine may be busy.
vi.setConfig({ testTimeout: 60_000 });

test.each([
  [['--help']],
  [['-h']],
  [['help']],
  [['run', '--help']],
  [['take', '--count', '-h']],
  [['nonsense', '--help']],
])('%j prints the usage, starts nothing and ends with 0, whatever the environment holds', async (args) => {
  const env = { PENSTOCK_SAMPLE_BEHAVIOUR: 'nonsense', PENSTOCK_SAMPLE_NONSENSE: '1' };
  const { exitCode, stdout, stderr } = await runSample(args, env);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  for (const words of ['sample [run]', 'sample status', 'sample resume', 'sample take (--count N | --all)']) {
    expect(stdout).toContain(words);
  }
  expect(stdout).not.toContain('"msg"');
});

test.each([
  [['statsu'], "unknown command 'statsu'; did you mean status?"],
  [['run', '--verbose'], 'unknown flag --verbose'],
  [['take', '--cuont', '3'], 'unknown flag --cuont; did you mean --count?'],
  [['take'], 'one of --count, --all is needed'],
  [['take', '--count', '11'], 'not 11'],
])('%j ends with 2, says why and prints the usage', async (args, why) => {
  const { exitCode, stdout, stderr } = await runSample(args);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr.split('\n')[0]).toBe(why);
  expect(stderr).toContain('sample [run]');
});

test('a command gets its flags and the configuration; a flag stands in for its variable', async () => {
  expect(await runSample(['take', '--count', '3', '--behaviour', 'slow-start'])).toEqual({
    exitCode: 0,
    stdout: 'took 3, slow-start\n',
    stderr: '',
  });
});

test('a command with a configuration that cannot be used ends with 2 and every problem', async () => {
  const env = { PENSTOCK_SAMPLE_BEHAVIOUR: 'odd', PENSTOCK_SAMPLE_BEHAVOUR: 'good' };
  const { exitCode, stderr } = await runSample(['take', '--all'], env);
  expect(exitCode).toBe(2);
  expect(stderr.trim().split('\n')).toHaveLength(2);
  expect(stderr).toContain('PENSTOCK_SAMPLE_BEHAVOUR: no such knob');
});

test('what the world refuses is one line, what the program gets wrong a stack; both end with 1', async () => {
  const expected = await runSample(['take', '--count', '12']);
  expect(expected).toEqual({ exitCode: 1, stdout: '', stderr: '12 are not there\n' });
  const unexpected = await runSample(['take', '--count', '13']);
  expect(unexpected.exitCode).toBe(1);
  expect(unexpected.stderr).toMatch(/^TypeError: the program is wrong\n {4}at /);
});

test('status reads the running service, and ends with 1 when it is not ready or not there', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as AddressInfo;
  await new Promise((resolve) => taken.close(resolve));
  const env = { PENSTOCK_SAMPLE_OPERATIONS_LISTEN: `127.0.0.1:${port}` };

  const nobody = await runSample(['status'], env);
  expect(nobody.exitCode).toBe(1);
  expect(nobody.stdout).toContain(`127.0.0.1:${port} (PENSTOCK_SAMPLE_OPERATIONS_LISTEN): it is not running`);

  const sample = await startSample('one-service', { ...env, PENSTOCK_SAMPLE_BEHAVIOUR: 'stuck-drain' });
  const ready = await runSample(['status'], env);
  expect(ready).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`:${port}: ready\n`) });
  expect(ready.stdout).toContain('"offset": "12"');

  sample.signal('SIGTERM');
  await sample.heard('draining');
  const draining = await runSample(['status'], env);
  expect(draining).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('not ready\n  stopping\n') });
});

test('status on a listener of any free port says that it cannot know it', async () => {
  const { exitCode, stdout } = await runSample(['status'], {
    PENSTOCK_SAMPLE_OPERATIONS_LISTEN: '127.0.0.1:0',
  });
  expect([exitCode, stdout]).toEqual([1, expect.stringContaining('has port 0')]);
});

test('resume of a service that keeps no positions says so in words and ends with 1', async () => {
  const { exitCode, stderr } = await runSample(['resume']);
  expect([exitCode, stderr]).toEqual([
    1,
    expect.stringContaining('nothing to resume: sample keeps no position'),
  ]);
});

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { asUser, isRoot, node, runnerFile, runRunner, startRunner, temporaryFolder } from './start-runner.ts';

const service = (script: string) => ['--', '/bin/sh', '-c', `${script}; exec true`];
const lasting = 'trap "echo flushed; exit 0" TERM; echo ready; while :; do sleep 0.05; done';

/** Starts a service with a pid file and waits until it is there. */
async function startService(
  script: string,
): Promise<{ file: string; child: ChildProcess; text: () => string; ended: Promise<unknown> }> {
  const file = join(temporaryFolder(), 'service.pid');
  const child = startRunner([...asUser, '--pid-file', file, ...service(script)]);
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  const ended = once(child, 'close');
  await once(child.stdout, 'data');
  return { file, child, text: () => text, ended };
}

/** Runs it beside the test, which has to take note of its child's end meanwhile. */
async function stop(...args: string[]): Promise<{ code: number; err: string }> {
  const child = spawn(node, [runnerFile, 'stop', ...args], { env: {}, stdio: ['ignore', 'ignore', 'pipe'] });
  let err = '';
  child.stderr.on('data', (chunk) => (err += chunk));
  const [code] = (await once(child, 'close')) as [number];
  return { code, err };
}

/** Names a process that is there, but was not there then. */
const startTicksOf = (pid: number) =>
  readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19];

describe('the pid file', () => {
  it('names the service by PID and start time, and only the service', async () => {
    const { file, child } = await startService(lasting);
    expect(readFileSync(file, 'utf8')).toBe(`${child.pid}\n${startTicksOf(child.pid ?? 0)}\n`);
    expect(statSync(file)).toMatchObject({ mode: 0o100644, uid: process.getuid?.() });
  });

  it('keeps a second start away while the first runs, and makes way when it has ended', async () => {
    const { file, child, ended } = await startService(lasting);
    const again = () => runRunner([...asUser, '--pid-file', file, '--', 'echo', 'again']);
    expect(again()).toEqual({
      code: 125,
      out: '',
      err: expect.stringContaining(`process ${child.pid} (sh) runs: stop it first`),
    });
    child.kill('SIGKILL');
    await ended;
    expect(again()).toEqual({ code: 0, out: 'again\n', err: '' });
    expect(readFileSync(file, 'utf8')).not.toContain(`${child.pid}\n`);
  });

  it('is not made by --explain', () => {
    const file = join(temporaryFolder(), 'service.pid');
    expect(runRunner([...asUser, '--pid-file', file, '--explain', '--', 'true']).code).toBe(0);
    expect(() => statSync(file)).toThrow('ENOENT');
  });

  it('is refused where others could change it, or through a link, or over what is no pid file', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'open'));
    chmodSync(join(folder, 'open'), 0o1777);
    symlinkSync('/etc/passwd', join(folder, 'link'));
    symlinkSync('nowhere', join(folder, 'dangling'));
    writeFileSync(join(folder, 'text'), 'important\n');
    for (const name of ['open/pid', 'link', 'dangling', 'text', 'missing/pid', '.'])
      expect(
        runRunner([...asUser, '--pid-file', join(folder, name), '--', 'echo', 'ran']),
        name,
      ).toMatchObject({ code: 125, out: '' });
    expect(readFileSync(join(folder, 'text'), 'utf8')).toBe('important\n');
  });
});

describe('stop', () => {
  it('tells the service, waits for its end, and says how long it took', async () => {
    const { file, text } = await startService(lasting);
    expect(await stop('--pid-file', file)).toEqual({
      code: 0,
      err: expect.stringMatching(
        /has TERM; waiting for its end, 300 s at most\n.*has ended after \d\.\d s\n$/s,
      ),
    });
    expect(text()).toBe('ready\nflushed\n');
    expect(await stop('--pid-file', file)).toEqual({
      code: 3,
      err: expect.stringContaining('ended already'),
    });
  });

  it('does not kill what does not end', async () => {
    const { file, child } = await startService('trap "" TERM; echo ready; while :; do sleep 0.05; done');
    const { code, err } = await stop('--pid-file', file, '--timeout', '1');
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/ignores TERM.*nothing has killed it/s),
    });
    expect(child.exitCode ?? child.signalCode).toBeNull();
  });

  it('kills it where that is asked for', async () => {
    const { file, ended } = await startService('trap "" TERM; echo ready; while :; do sleep 0.05; done');
    const { code, err } = await stop('--pid-file', file, '--timeout', '5', '--kill-after', '1');
    expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(/has ended by KILL after 1\.\d s/) });
    expect(await ended).toEqual([null, 'SIGKILL']);
  });

  it('sends nothing to another process that has the number by now', async () => {
    const { file, child } = await startService(lasting);
    writeFileSync(file, `${child.pid}\n1\n`);
    expect(await stop('--pid-file', file)).toEqual({
      code: 125,
      err: expect.stringContaining('not the one of'),
    });
    expect(child.exitCode ?? child.signalCode).toBeNull();
  });

  it('does not believe a file that others can write', async () => {
    const { file, child } = await startService(lasting);
    const trust = async () => (await stop('--pid-file', file, '--timeout', '1')).code;
    chmodSync(file, 0o666);
    expect(await trust()).toBe(125);
    chmodSync(file, 0o644);
    chmodSync(join(file, '..'), 0o775);
    expect(await trust()).toBe(125);
    expect(child.exitCode ?? child.signalCode).toBeNull();
  });

  it.runIf(isRoot)("nor, as root, the service user's own (needs root)", async () => {
    const { file, child } = await startService(lasting);
    chownSync(file, 65534, 65534);
    expect(await stop('--pid-file', file)).toEqual({
      code: 125,
      err: expect.stringContaining('can be changed by others'),
    });
    chownSync(file, 0, 0);
    chownSync(join(file, '..'), 65534, 65534);
    expect((await stop('--pid-file', file)).code).toBe(125);
    expect(child.exitCode ?? child.signalCode).toBeNull();
  });

  it('has nothing to stop without a file', async () => {
    expect(await stop('--pid-file', join(temporaryFolder(), 'none'))).toMatchObject({ code: 3 });
  });

  it('with --ready waits for the successor, and says when there is none', { timeout: 30_000 }, async () => {
    let ready = false;
    const server = createServer((_request, response) => response.writeHead(ready ? 204 : 503).end());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`;
    const first = await startService(lasting);
    expect(await stop('--pid-file', first.file, '--timeout', '1', '--ready', url)).toEqual({
      code: 4,
      err: expect.stringMatching(/is not ready now either.*has ended.*has not become ready within 1 s/s),
    });
    const second = await startService(lasting);
    void second.ended.then(() => (ready = true));
    expect(await stop('--pid-file', second.file, '--timeout', '5', '--ready', url)).toEqual({
      code: 0,
      err: expect.stringMatching(/has ended.*is ready after/s),
    });
  });

  it.each([
    [[], '--pid-file is needed'],
    [['--pid-file', 'f', '--timeout', '0'], '--timeout'],
    [['--pid-file', 'f', '--timeout', '5s'], '--timeout'],
    [['--pid-file', 'f', '--timeout', '5', '--kill-after', '5'], 'never act'],
    [['--pid-file', 'f', '--ready', 'tcp://localhost:1'], 'http:'],
    [['--pid-file', 'f', '--force'], 'unknown option'],
  ])('refuses %j', async (args, problem) => {
    expect(await stop(...args)).toEqual({ code: 125, err: expect.stringContaining(problem) });
  });
});

it('each command has its own help', () => {
  for (const [command, word] of [
    ['run', '--user'],
    ['stop', '--kill-after'],
    ['doctor', '--pid'],
  ]) {
    const { code, out, err } = runRunner([command ?? '', '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(word);
  }
  expect(runRunner(['run', '--user', '', '--', 'true']).code).toBe(125);
});

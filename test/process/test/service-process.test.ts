import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runToEnd, ServiceProcess, type Launch } from '../src/index.ts';

const sample = (...args: string[]): string[] => [
  process.execPath,
  join(import.meta.dirname, 'sample.fixture.ts'),
  ...args,
];

function start(args: readonly string[], more: Partial<Launch> = {}): ServiceProcess {
  const service = new ServiceProcess({ name: 'the sample', command: sample(...args), env: {}, ...more });
  onTestFinished(async () => void (await service.kill()));
  return service;
}

test('a service is waited for by its log and by /readyz, and TERM ends it', async () => {
  const service = start([]);
  expect(await service.said('started')).toMatchObject({ pid: service.pid });
  await service.untilReady();
  expect(await service.status()).toMatchObject({ reasons: [] });
  expect(await service.stop()).toEqual({ code: 0, signal: null });
  expect(service.lines.at(-1)).toEqual({ msg: 'stopping' });
  expect(await service.ask('/readyz')).toBeUndefined();
});

test('whoever waits for a service that ends is told how it ended and what it said', async () => {
  const service = start(['fail']);
  await expect(service.said('started')).rejects.toThrow(
    /the sample: it ended with code 3 before: it says "started"\n.*no JSON\n.*no broker answers/,
  );
  await expect(service.untilReady()).rejects.toThrow('it ended with code 3 before: it is ready');
});

test('a wait that takes too long says what for', async () => {
  const service = start([]);
  await expect(service.said('a word never said', { timeoutMs: 300 })).rejects.toThrow(
    'not within 0.3 s: it says "a word never said"',
  );
  const reason = new Error('the demo is over');
  await expect(service.said('this', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test('a service that does not stop is killed, and that is an error', async () => {
  const service = start(['stuck']);
  await service.said('started');
  await expect(service.stop({ timeoutMs: 300 })).rejects.toThrow('did not stop within 0.3 s of TERM');
  expect(service.exit).toEqual({ code: null, signal: 'SIGKILL' });
});

test('a program that is not there has ended', async () => {
  const service = start([], { command: ['/not/there'] });
  await expect(service.said('started')).rejects.toThrow('could not be started');
  await service.stop();
});

test('a service that is started again appends to its log, and only its own lines count', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-test-process-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const logFile = join(folder, 'logs/sample.log');
  const first = start([], { logFile });
  await first.said('started');
  await first.kill();
  const second = start([], { logFile });
  expect(await second.said('started')).toMatchObject({ pid: second.pid });
  expect(readFileSync(logFile, 'utf8').match(/"started"/g)).toHaveLength(2);
});

test('a process that is Node can be talked to', async () => {
  const heard: unknown[] = [];
  const service = start([], { onMessage: (message) => heard.push(message) });
  await service.said('started');
  service.send({ word: 'hello' });
  await service.until(() => heard.length > 0, 'it answers');
  expect(heard).toEqual([{ heard: { word: 'hello' } }]);
});

test('a service dies with the process that started it, even if that is killed', async () => {
  const parent = start([], {
    command: [process.execPath, join(import.meta.dirname, 'parent.fixture.ts'), ...sample()],
  });
  const { pid } = (await parent.said('started a child')) as { pid: number };
  expect(existsSync(`/proc/${pid}`)).toBe(true);
  await parent.kill();
  await expect.poll(() => isRunning(pid)).toBe(false);
});

test('a command runs to its end, and its exit code is for the caller to judge', async () => {
  const { exitCode, stdout, stderr } = await runToEnd(sample('print', 'a word'), { env: {} });
  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: 4,
    stdout: 'words that are no JSON\na word false\n',
    stderr: 'a complaint\n',
  });
});

test('a command that takes too long is killed', async () => {
  await expect(runToEnd(sample(), { timeoutMs: 500, name: 'the sample' })).rejects.toThrow(
    'the sample was killed after 500 ms',
  );
});

test('a command can be ended once it has said enough', async () => {
  const { exitCode, stdout } = await runToEnd(sample(), { onOutput: (_, enough) => enough() });
  expect({ exitCode, said: stdout !== '' }).toEqual({ exitCode: 0, said: true });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

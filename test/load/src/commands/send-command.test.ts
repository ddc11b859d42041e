import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkFiles, sendOptions } from './send-command.ts';
import { readUsage } from './usage.ts';

const read = (...args: string[]) => sendOptions(readUsage(['send', ...args]).values);

test.each([
  'nope',
  'https://127.0.0.1:8080',
  'http://127.0.0.1:8080,',
  'http://127.0.0.1:8080/v4/events',
  'http://127.0.0.1:8080/?url=http://10.0.0.1:80',
  'http://me:secret@127.0.0.1:8080',
])('an address that nothing can be sent to is refused before anything is sent: %s', (url) => {
  expect(() => read('--url', url)).toThrow('--url is http://host:port');
});

test('several Receivers, also by IPv6, with or without a slash at the end', () => {
  const { urls } = read('--url', 'http://127.0.0.1:8080/,http://[::1]:8081');
  expect(urls).toEqual(['http://127.0.0.1:8080', 'http://[::1]:8081']);
});

test('an API key is read from a file, and a file that holds none is refused before the run', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'penstock-load-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'key');
  const keyOf = () => read('--url', 'http://127.0.0.1:8080', '--api-key-file', file).apiKey;
  expect(keyOf).toThrow(`--api-key-file: ${file} cannot be read`);
  for (const text of ['', 'two words', 'a\nb', 'schlüssel']) {
    await writeFile(file, text);
    expect(keyOf).toThrow(`--api-key-file: ${file} is not one API key`);
  }
  await writeFile(file, 'the-key\n');
  expect(keyOf()).toBe('the-key');
  expect(read('--url', 'http://127.0.0.1:8080').apiKey).toBe(undefined);
});

test.each(['report', 'ledger'])(
  'a %s that cannot be written is refused before the run, not after it',
  (flag) => {
    const folder = mkdtempSync(join(tmpdir(), 'penstock-load-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const check = (file: string) => () => checkFiles({ ledger: join(folder, 'ok'), [flag]: file });
    expect(check(join(folder, 'run.html'))).not.toThrow();
    expect(check('/nowhere/at/all/run.html')).toThrow(`--${flag}: there is no folder /nowhere/at/all`);
    expect(check(folder)).toThrow(`--${flag}: ${folder} is a folder, not a file`);
    expect(check('/etc/passwd/run.html')).toThrow(`--${flag}: there is no folder /etc/passwd`);
  },
);

// root may write everywhere
test.skipIf(process.getuid?.() === 0)('a folder that one may not write into is told before the run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-load-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  chmodSync(folder, 0o500);
  const ledger = join(folder, 'run.ledger');
  expect(() => checkFiles({ ledger })).toThrow(`--ledger: ${ledger} cannot be written (EACCES)`);
});

test.each([
  [['capacity', '--url', 'http://127.0.0.1:1'], '--operations is missing'],
  [
    ['capacity', '--url', 'http://127.0.0.1:1', '--operations', 'http://127.0.0.1:2', '--rate', '5'],
    'no --rate',
  ],
  [
    ['capacity', '--url', 'http://127.0.0.1:1', '--operations', 'http://127.0.0.1:2', '--hold', '0'],
    'not be 0',
  ],
  [['measure'], 'say send, verify or capacity'],
])('wrong usage is said in words: %j', (args, problem) => {
  expect(() => readUsage(args)).toThrow(problem);
});

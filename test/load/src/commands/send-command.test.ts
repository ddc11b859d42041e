import { expect, test } from 'vitest';
import { sendOptions } from './send-command.ts';
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

test('a report that cannot be written is refused before the run, not after it', () => {
  const report = ['--report', '/nowhere/at/all/run.html'];
  expect(() => read('--url', 'http://127.0.0.1:8080', ...report)).toThrow(
    'there is no folder /nowhere/at/all',
  );
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

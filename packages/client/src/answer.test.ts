import { expect, test } from 'vitest';
import { judge } from './answer.ts';

const told = (code: string, retryable: boolean) => JSON.stringify({ code, retryable });

test.each([
  [200, '{"request_id":"1","bytes":2}', 'stored', 'stored'],
  [200, '{"request_id":"1"}', 'later', 'http-200'],
  [200, 'null', 'later', 'http-200'],
  [200, '', 'later', 'http-200'],
  [201, '{"request_id":"1","bytes":2}', 'later', 'http-201'],
  [400, told('bad-request', false), 'bad', 'bad-request'],
  [400, told('truncated-body', true), 'later', 'truncated-body'],
  [401, told('key-missing', false), 'later', 'key-missing'],
  [404, told('not-found', false), 'later', 'not-found'],
  [413, told('too-large', false), 'bad', 'too-large'],
  [415, told('unsupported-content-type', false), 'bad', 'unsupported-content-type'],
  [431, told('headers-too-large', false), 'bad', 'headers-too-large'],
  [503, told('kafka-late', true), 'later', 'kafka-late'],
  [403, '<html>', 'strange', 'http-403'],
  [400, '{"code":4}', 'strange', 'http-400'],
  [408, '', 'later', 'http-408'],
  [429, '', 'later', 'http-429'],
  [413, '<html>', 'bad', 'http-413'],
  [302, '', 'later', 'http-302'],
  [504, '<html>', 'later', 'http-504'],
])('%i %s means %s', (status, body, verdict, code) => {
  expect(judge(status, body, null)).toEqual({ status, verdict, code, retryAfterMs: 0 });
});

test.each([
  ['3', 3_000],
  [' 120 ', 120_000],
  ['999999999', 600_000],
  ['9999999999', 600_000],
  ['9'.repeat(400), 600_000],
  ['-1', 0],
  ['1e3', 0],
  ['Wed, 21 Oct 2026 07:28:00 GMT', 0],
])('Retry-After: %s is %i ms', (header, ms) => {
  expect(judge(503, '', header).retryAfterMs).toBe(ms);
});

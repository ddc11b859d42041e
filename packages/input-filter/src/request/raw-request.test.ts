import { rawHeaders } from '@penstock/events';
import { expect, test } from 'vitest';
import { headerTexts, readRawRequest } from './raw-request.ts';

const usual: Record<string, string> = {
  [rawHeaders.requestId]: 'r-1',
  [rawHeaders.dc]: 'fra',
  [rawHeaders.receiver]: 'receiver-1',
  [rawHeaders.receivedAt]: '1795470000000',
  [rawHeaders.tenant]: 'acme',
};

function read(headers: readonly (readonly [string, Buffer | null])[], value: Buffer | null = null) {
  const record = { offset: 7n, timestampMs: 1, key: null, value, headers: () => headers };
  return readRawRequest(record, headerTexts(record), 'events.raw', 3);
}

const bytesOf = (headers: Record<string, string | null>) =>
  Object.entries(headers).map(
    ([name, value]) => [name, value === null ? null : Buffer.from(value, 'latin1')] as const,
  );

test.each<readonly [string, readonly (readonly [string, Buffer | null])[]]>([
  ['no header at all', []],
  ...[rawHeaders.requestId, rawHeaders.dc, rawHeaders.receiver, rawHeaders.receivedAt].map(
    (name) => [`no value of ${name}`, bytesOf({ ...usual, [name]: null })] as const,
  ),
  ...['', ' ', 'yesterday', '-1', '1e12', '0x10', '1.5', '999999999999999', 'Infinity'].map(
    (time) => [`received at '${time}'`, bytesOf({ ...usual, [rawHeaders.receivedAt]: time })] as const,
  ),
])('a record that no Receiver wrote is refused: %s', (_, headers) => {
  expect(read(headers)).toMatchObject({ kind: 'rejected', reason: 'missing-header' });
});

test('headers that a stranger wrote wrongly are as good as none, and the first of two counts', () => {
  const strange = bytesOf({
    ...usual,
    [rawHeaders.formatHint]: 'five',
    [rawHeaders.sentAt]: 'tomorrow',
    [rawHeaders.userAgent]: '\xff\xfe',
    [rawHeaders.clientIp]: 'nowhere',
  });
  expect(read([...strange, [rawHeaders.tenant, Buffer.from('another')]])).toMatchObject({
    kind: 'request',
    hint: null,
    clientIp: 'nowhere',
    context: { tenant: 'acme', sentAtMs: null, receivedAtMs: 1_795_470_000_000, offset: 7 },
  });
});

test('the hint of a route is kept even when no catalogue of ours has its format', () => {
  for (const hint of ['4', '5', '100', '999']) {
    expect(read(bytesOf({ ...usual, [rawHeaders.formatHint]: hint }))).toMatchObject({ hint });
  }
  for (const hint of ['0', '04', '1000', '-1', '1.0', '']) {
    expect(read(bytesOf({ ...usual, [rawHeaders.formatHint]: hint }))).toMatchObject({ hint: null });
  }
});

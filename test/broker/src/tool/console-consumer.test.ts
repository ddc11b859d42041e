import { expect, test } from 'vitest';
import { consoleArguments, parseConsoleOutput, unescapeBytes } from './console-consumer.ts';

/** org.apache.kafka.common.utils.Bytes.toString of 4.2.1. */
function javaBytesToString(bytes: Buffer): string {
  const shown = [...bytes].map((byte) =>
    byte >= 0x20 && byte <= 0x7e && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return shown.join('');
}

test('every byte survives the way through the text', () => {
  const every = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  expect(unescapeBytes(javaBytesToString(every))).toEqual(every);
  expect(unescapeBytes('')).toEqual(Buffer.alloc(0));
});

test('a line carries place, time, headers, key and value', () => {
  const place = 'CreateTime:1700000000123\tPartition:3\tOffset:9007199254740993';
  const headers = 'dc:fra\u0001key-id:\\x02null\\x02\u0001a:b:c';
  const line = `${place}\t${headers}\tk\\x09\t{"a":1}\n`;
  expect(parseConsoleOutput(Buffer.from(line))).toEqual([
    {
      partition: 3,
      offset: 9007199254740993n,
      timestampMs: 1_700_000_000_123,
      timestampType: 'CreateTime',
      headers: [
        ['dc', Buffer.from('fra')],
        ['key-id', null],
        ['a', Buffer.from('b:c')],
      ],
      key: Buffer.from('k\t'),
      value: Buffer.from('{"a":1}'),
    },
  ]);
});

test('a null and the text "null" are different; an empty value is neither', () => {
  const lines = ['\\x02null\\x02\tnull', '\t'].map(
    (rest) => `NO_TIMESTAMP\tPartition:0\tOffset:0\tNO_HEADERS\t${rest}\n`,
  );
  const [first, second] = parseConsoleOutput(Buffer.from(lines.join('')));
  expect(first).toMatchObject({ key: null, value: Buffer.from('null'), headers: [], timestampType: 'none' });
  expect(second).toMatchObject({ key: Buffer.alloc(0), value: Buffer.alloc(0) });
});

test('anything else on standard output is an error, not a record', () => {
  expect(() => parseConsoleOutput(Buffer.from('[2026-01-01] WARN something\n'))).toThrow(
    'not a line of the console',
  );
});

test('a consumer reads from the beginning and committed records only, unless told otherwise', () => {
  expect(consoleArguments('t', {}).join(' ')).toContain(
    '--isolation-level read_committed --timeout-ms 30000 --from-beginning',
  );
  const some = consoleArguments('t', { partition: 2, offset: 5n, isolation: 'read_uncommitted' }).join(' ');
  expect(some).toContain('--isolation-level read_uncommitted');
  expect(some).toContain('--partition 2 --offset 5');
  expect(some).not.toContain('--from-beginning');
});

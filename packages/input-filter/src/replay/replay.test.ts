import { rawHeaders, rejectedHeaders } from '@penstock/events';
import { encodeBatch, readRecords, type OutgoingRecord, type RecordView } from '@penstock/kafka';
import { expect, test } from 'vitest';
import { headerTexts } from '../request/raw-request.ts';
import { ReplayMarks } from './replay-marks.ts';
import { replayedRecord } from './replayed-record.ts';
import { isSelected, type Selection } from './selection.ts';

function rejected(headers: Record<string, string>, value = '{}', offset = 7n): RecordView {
  const record: OutgoingRecord = {
    ...{ key: Buffer.from('device'), value: Buffer.from(value), timestampMs: 1_000 },
    headers: Object.entries(headers),
  };
  const { bytes } = encodeBatch([record]);
  bytes.writeBigInt64BE(offset, 0);
  return [...readRecords({ bytes, firstOffset: offset })][0]!;
}

const usual = {
  [rawHeaders.requestId]: 'r-1',
  [rawHeaders.receivedAt]: '1000',
  [rawHeaders.tenant]: 'acme',
  [rejectedHeaders.reason]: 'quarantined',
  [rejectedHeaders.stage]: 'fix',
  [rejectedHeaders.rule]: 'some-rule',
  [rejectedHeaders.detail]: 'why',
  [rejectedHeaders.sourceTopic]: 'events.raw',
  [rejectedHeaders.sourcePartition]: '3',
  [rejectedHeaders.sourceOffset]: '41',
};

function replayed(headers: Record<string, string>, value?: string) {
  const record = rejected(headers, value);
  const made = replayedRecord(record, headerTexts(record), 2_000);
  return made && { ...made, headers: Object.fromEntries(made.record.headers as [string, string][]) };
}

test('a replayed record is the request as it was, and says that it was replayed', () => {
  const { record, headers } = replayed({ ...usual, [rejectedHeaders.index]: '4' }, '{"a":1}')!;
  expect(record).toMatchObject({
    key: Buffer.from('device'),
    value: Buffer.from('{"a":1}'),
    timestampMs: 2_000,
  });
  expect(headers).toEqual({
    [rawHeaders.requestId]: 'r-1',
    [rawHeaders.receivedAt]: '1000',
    [rawHeaders.tenant]: 'acme',
    [rejectedHeaders.sourceTopic]: 'events.raw',
    [rejectedHeaders.sourcePartition]: '3',
    [rejectedHeaders.sourceOffset]: '41',
    [rawHeaders.replays]: '1',
  });
  expect(replayed({ ...usual, [rawHeaders.replays]: '1' })!.headers[rawHeaders.replays]).toBe('2');
});

test('of an event that is kept as its whole request only that event is replayed', () => {
  const kept = { ...usual, [rejectedHeaders.kept]: 'whole-request', [rejectedHeaders.index]: '4' };
  expect(replayed(kept)!.headers[rawHeaders.onlyIndex]).toBe('4');
  expect(replayed({ ...kept, [rejectedHeaders.index]: '5' })!.identity).not.toEqual(replayed(kept)!.identity);
  expect(replayed({ ...usual, [rejectedHeaders.kept]: 'without-envelope' })).toBeUndefined();
});

test('two rejected things are the same when bytes, reading, sender and generation are', () => {
  const same = replayed(usual)!.identity;
  const changes: Record<string, string>[] = [
    { [rawHeaders.tenant]: 'other' },
    { [rawHeaders.formatHint]: '3' },
    { [rawHeaders.contentEncoding]: 'gzip' },
    { [rawHeaders.clientIp]: '192.0.2.0' },
    { [rawHeaders.userAgent]: 'x' },
    { [rawHeaders.replays]: '1' },
  ];
  for (const change of changes) expect(replayed({ ...usual, ...change })!.identity).not.toEqual(same);
  expect(replayed(usual, '{"a":1}')!.identity).not.toEqual(same);
  const retry = {
    [rawHeaders.requestId]: 'r-2',
    [rawHeaders.receivedAt]: '2000',
    [rejectedHeaders.detail]: 'y',
  };
  expect(replayed({ ...usual, ...retry, [rejectedHeaders.sourceOffset]: '42' })!.identity).toEqual(same);
});

test('marks survive being written and read: the same record, a copy of it, and a new one', () => {
  const [one, two, three] = [1, 2, 3].map((byte) => Buffer.alloc(16, byte)) as [Buffer, Buffer, Buffer];
  const written = new ReplayMarks();
  expect([written.add(one, 10n), written.add(two, 11n)]).toEqual(['new', 'new']);
  const read = new ReplayMarks();
  read.restore(written.encodedFrom(0));
  expect([read.add(one, 10n), read.add(one, 12n), read.add(three, 13n)]).toEqual(['replayed', 'copy', 'new']);
  expect(read.encodedFrom(2)).toHaveLength(24);
});

test.each<[Selection, Record<string, string>, boolean]>([
  [{}, {}, true],
  [{}, { [rejectedHeaders.reason]: 'unwanted' }, false],
  [{ reasons: ['unwanted'] }, { [rejectedHeaders.reason]: 'unwanted' }, true],
  [{ rules: ['some-rule'] }, { [rejectedHeaders.reason]: 'unwanted' }, true],
  [{}, { [rejectedHeaders.reason]: 'duplicate-conflict' }, false],
  [{ reasons: ['duplicate-conflict'] }, { [rejectedHeaders.reason]: 'duplicate-conflict' }, false],
  [{ reasons: ['invalid-json', 'quarantined'] }, {}, true],
  [{ reasons: ['invalid-json'] }, {}, false],
  [{ rules: ['other-rule'] }, {}, false],
  [{ reasons: ['quarantined'], rules: ['other-rule'] }, {}, false],
  [{ fromMs: 1_000, toMs: 1_001 }, {}, true],
  [{ fromMs: 1_001 }, {}, false],
  [{ toMs: 1_000 }, {}, false],
])('selection %j of %j: %s', (selection, headers, expected) => {
  expect(isSelected(selection, headerTexts(rejected({ ...usual, ...headers })), 1_000)).toBe(expected);
});

test('a record without a reason was not written by the filter, and is not replayed', () => {
  expect(isSelected({}, new Map(), 1_000)).toBe(false);
});

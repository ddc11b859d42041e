import { expect, test } from 'vitest';
import { codecs } from '../compression/codec.ts';
import { CorruptBatchError } from '../compression/corrupt-batch.ts';
import { encodeBatch } from './encode-batch.ts';
import type { OutgoingRecord } from './encode-batch.ts';
import { readRecords } from './record-reader.ts';

function plain(batch: { bytes: Buffer; firstOffset: bigint }): object[] {
  return [...readRecords(batch)].map((record) => ({
    offset: record.offset,
    timestampMs: record.timestampMs,
    key: record.key?.toString() ?? null,
    value: record.value?.toString() ?? null,
    headers: record.headers().map(([name, value]) => [name, value?.toString() ?? null]),
  }));
}

const records: OutgoingRecord[] = [
  {
    key: Buffer.from('k'),
    value: Buffer.from('v'),
    timestampMs: 1_700_000_000_000,
    headers: [
      ['a', 'é'],
      ['a', null],
    ],
  },
  { key: null, value: Buffer.alloc(0), timestampMs: 1_699_999_999_000 },
  { key: Buffer.alloc(0), value: null, timestampMs: 0 },
  {
    key: Buffer.from('x'.repeat(70)),
    value: Buffer.from('y'.repeat(20_000)),
    timestampMs: 4_000_000_000_000,
  },
];

test.each(codecs)('records written with %s are read back as they were', (codec) => {
  const { bytes } = encodeBatch(records, { codec });
  bytes.writeBigInt64BE(9_007_199_254_740_993n, 0); // beyond 2^53: offsets are not numbers
  expect(plain({ bytes, firstOffset: 0n })).toEqual([
    {
      offset: 9_007_199_254_740_993n,
      timestampMs: 1_700_000_000_000,
      key: 'k',
      value: 'v',
      headers: [
        ['a', 'é'],
        ['a', null],
      ],
    },
    { offset: 9_007_199_254_740_994n, timestampMs: 1_699_999_999_000, key: null, value: '', headers: [] },
    { offset: 9_007_199_254_740_995n, timestampMs: 0, key: '', value: null, headers: [] },
    {
      offset: 9_007_199_254_740_996n,
      timestampMs: 4_000_000_000_000,
      key: 'x'.repeat(70),
      value: 'y'.repeat(20_000),
      headers: [],
    },
  ]);
});

test('records below the first wanted offset are skipped', () => {
  const { bytes } = encodeBatch(records);
  bytes.writeBigInt64BE(100n, 0);
  const offsets = [...readRecords({ bytes, firstOffset: 102n })].map((record) => record.offset);
  expect(offsets).toEqual([102n, 103n]);
});

test('LogAppendTime gives every record the time of the batch', () => {
  const { bytes } = encodeBatch(records);
  bytes.writeUInt16BE(0x08, 21);
  const times = [...readRecords({ bytes, firstOffset: 0n })].map((record) => record.timestampMs);
  expect(new Set(times)).toEqual(new Set([4_000_000_000_000]));
});

test('keys and values are views of the batch, not copies', () => {
  const { bytes } = encodeBatch([{ key: null, value: Buffer.from('view'), timestampMs: 1 }]);
  const [record] = [...readRecords({ bytes, firstOffset: 0n })];
  expect(record!.value!.buffer).toBe(bytes.buffer);
});

test('a batch whose lengths do not add up is refused, wherever it is cut', () => {
  const { bytes } = encodeBatch(records.slice(0, 3));
  for (let length = 62; length < bytes.length; length++) {
    const read = (): unknown =>
      [...readRecords({ bytes: bytes.subarray(0, length), firstOffset: 0n })].map((r) => r.headers());
    expect(read, `cut at ${length}`).toThrow(CorruptBatchError);
  }
});

test('any damaged byte gives records or a CorruptBatchError, nothing else', () => {
  const { bytes } = encodeBatch(records.slice(0, 3));
  const others: unknown[] = [];
  for (let at = 61; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at] = damaged[at]! ^ 0xff;
    try {
      for (const record of readRecords({ bytes: damaged, firstOffset: 0n })) record.headers();
    } catch (error) {
      if (!(error instanceof CorruptBatchError)) others.push(error);
    }
  }
  expect(others).toEqual([]);
});

test('each header has its own name, whatever stood at its place in the record before', () => {
  const names = ['trace', 'trace', 'trade', 'trac', 'tracer', '', 'é', 'é', 'Ã©', 'x'];
  const { bytes } = encodeBatch(
    names.map((name) => ({ key: null, value: null, headers: [[name, 'v']], timestampMs: 0 })),
  );
  const read = () => [...readRecords({ bytes, firstOffset: 0n })].map((record) => record.headers()[0]?.[0]);
  expect(read()).toEqual(names);
  bytes[bytes.lastIndexOf('x')] = 0xe9; // what 'é' is in Latin-1, and nothing in UTF-8
  expect(read()).toEqual([...names.slice(0, -1), '\ufffd']);
  const last = encodeBatch([{ key: null, value: null, headers: [['\u00e9', 'v']], timestampMs: 0 }]).bytes;
  expect([...readRecords({ bytes: last, firstOffset: 0n })][0]?.headers()[0]?.[0]).toBe('é');
  expect(read().at(-1)).toBe('\ufffd');
});

test('headers beyond those whose names are remembered are read as well', () => {
  const headers = Array.from({ length: 100 }, (_, n) => [`header-${n}`, 'v'] as const);
  const one = { key: null, value: null, headers, timestampMs: 0 };
  const { bytes } = encodeBatch([one, one]);
  for (const record of readRecords({ bytes, firstOffset: 0n })) {
    expect(record.headers().map(([name]) => name)).toEqual(headers.map(([name]) => name));
  }
});

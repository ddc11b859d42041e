import { expect, test } from 'vitest';
import { DedupWindow } from './dedup-window.ts';
import { decodeSeen, encodeSeen, encodeSeenRecords, seenKeysMax } from './seen-record.ts';
import { emptyTally } from './tally.ts';

const tally = { requests: 3, events: 9, clean: 4, rejected: 2, unwanted: 1, duplicate: 2, conflict: 1 };
const keys = Uint8Array.from({ length: 96 }, (_, n) => n);

test('what was written is read again', () => {
  const seen = { tally, from: 7n, to: 2n ** 60n, keys };
  const read = decodeSeen(encodeSeen(seen));
  expect(read).toEqual({ ...seen, keys: Buffer.from(keys) });
});

test('24 bytes a key, and 48 for the rest', () => {
  expect(encodeSeen({ tally, from: 0n, to: 1n, keys }).length).toBe(48 + 96);
});

test('the stored form does not change: an older one stays readable', () => {
  const stored =
    '01070000' +
    '0300000009000000040000000200000001000000' +
    '0200000001000000' +
    '05000000000000000600000000000000';
  expect(encodeSeen({ tally, from: 5n, to: 6n, keys: new Uint8Array(0) }).toString('hex')).toBe(stored);
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['text', Buffer.from('{"keys":[]}')],
  ['a later version', Buffer.from('02070000' + '00'.repeat(44), 'hex')],
  ['a cut header', Buffer.from('0107000000', 'hex')],
  ['a cut key', encodeSeen({ tally, from: 0n, to: 1n, keys }).subarray(0, -1)],
])('%s is no record', (_, bytes) => {
  expect(decodeSeen(bytes)).toBeUndefined();
});

test('a large transaction is several records, tallied once, and rebuilds the same window', () => {
  const first = new DedupWindow({ windowMs: 1000, idsMax: 1 << 20 });
  const count = seenKeysMax * 2 + 5;
  for (let id = 0; id < count; id++) first.mark(Uint32Array.of(id, 1, 2, 3, 4, 5));
  const records = encodeSeenRecords({ tally, from: 0n, to: 9n, keys: first.pendingKeys() }).map(decodeSeen);
  expect(records.map((record) => record?.tally)).toEqual([tally, emptyTally(), emptyTally()]);

  const second = new DedupWindow({ windowMs: 1000, idsMax: 1 << 20 });
  for (const record of records) second.restore(record!.keys, { streamMs: 1, commitMs: 1 });
  expect(second.ids).toBe(count);
  expect(second.mark(Uint32Array.of(count - 1, 1, 2, 3, 4, 5))).toBe('duplicate');
  expect(second.mark(Uint32Array.of(0, 1, 2, 3, 4, 6))).toBe('conflict');
});

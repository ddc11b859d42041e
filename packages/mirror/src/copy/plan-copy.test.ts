import type { FetchedBatch } from '@penstock/kafka';
import { expect, test } from 'vitest';
import { planCopy, rewriteReason } from './plan-copy.ts';
import { fetchedBatch, records } from './fetched-batch.fixture.ts';

const limits = { messageBytesMax: 100_000 };

test('a batch without gaps passes unread', () => {
  expect(rewriteReason(fetchedBatch(records(100, 100)), limits)).toBeUndefined();
});

test.each<[string, FetchedBatch, string]>([
  ['one that begins below the position', { ...fetchedBatch(records(5, 10)), firstOffset: 2n }, 'trimmed'],
  ['a compacted one', compacted(fetchedBatch(records(5, 10))), 'gaps'],
  ['one with the times of its log', logAppendTime(fetchedBatch(records(5, 10))), 'log-append-time'],
  ['one that is too large', fetchedBatch(records(5, 30_000)), 'oversize'],
])('%s is written anew', (_, batch, reason) => {
  expect(rewriteReason(batch, limits)).toBe(reason);
});

test('tiny batches in a row are joined, up to a bound and never across another codec', () => {
  const tiny = (codec: 'none' | 'gzip') => fetchedBatch(records(3, 100), 0n, codec);
  const large = fetchedBatch(records(3, 10_000));
  const plan = (...batches: FetchedBatch[]) =>
    planCopy(batches, limits).map((piece) => (piece.kind === 'pass' ? 'pass' : piece.batches.length));
  expect(plan(tiny('none'))).toEqual(['pass']);
  expect(plan(tiny('none'), tiny('none'), tiny('none'))).toEqual([3]);
  expect(plan(tiny('none'), tiny('gzip'), tiny('gzip'))).toEqual(['pass', 2]);
  expect(plan(tiny('none'), large, tiny('none'), tiny('none'))).toEqual(['pass', 'pass', 2]);
  const many = planCopy(
    Array.from({ length: 400 }, () => tiny('none')),
    limits,
  );
  expect(many.length).toBeGreaterThan(1);
  expect(many.flatMap((piece) => (piece.kind === 'pass' ? [piece.batch] : piece.batches))).toHaveLength(400);
});

test('order is kept whatever is joined', () => {
  const batches = Array.from({ length: 60 }, (_, index) =>
    fetchedBatch(records(1, index % 7 === 0 ? 5_000 : 50), BigInt(index)),
  );
  const planned = planCopy(batches, limits).flatMap((piece) =>
    piece.kind === 'pass' ? [piece.batch] : piece.batches,
  );
  expect(planned.map(({ baseOffset }) => baseOffset)).toEqual(batches.map(({ baseOffset }) => baseOffset));
});

function compacted(batch: FetchedBatch): FetchedBatch {
  const bytes = Buffer.from(batch.bytes);
  bytes.writeInt32BE(batch.count + 3, 23);
  return { ...batch, bytes };
}

function logAppendTime(batch: FetchedBatch): FetchedBatch {
  const bytes = Buffer.from(batch.bytes);
  bytes.writeUInt16BE(bytes.readUInt16BE(21) | 0x08, 21);
  return { ...batch, bytes };
}

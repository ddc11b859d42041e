import { expect, test } from 'vitest';
import { encodeBatch } from '../bytes/encode-batch.ts';
import { readRecords } from '../bytes/record-reader.ts';
import { fillBatch } from './fill-batch.ts';
import { Lane } from './lane.ts';
import type { SendableBatch } from './lane.ts';

const batchOf = (words: string) =>
  encodeBatch([{ key: null, value: Buffer.from(words), timestampMs: Date.now() }]);
const large = 'any words, '.repeat(50_000);

test('a large batch keeps its place while it is compressed, and what is behind it waits', async () => {
  const lane = new Lane<SendableBatch>('topic', 0, 5);
  const order: string[] = [];
  const ready = Promise.withResolvers<void>();
  for (const words of [large, 'small']) {
    const batch = { parts: [], byteCount: 0, count: 1, order: 0, sequence: -1, maybeStored: false };
    lane.push(batch);
    fillBatch(batch, batchOf(words), 'zstd', ready.resolve);
    order.push(batch['byteCount'] > 0 ? 'at once' : 'later');
  }
  expect(order).toEqual(['later', 'at once']);
  expect(lane.sendable).toBe(false);
  await ready.promise;
  expect(lane.sendable).toBe(true);
  const read = lane.queue.map(({ parts, byteCount }) => {
    const bytes = Buffer.concat(parts);
    expect(bytes.length).toBe(byteCount);
    return [...readRecords({ bytes, firstOffset: 0n })].map(({ value }) => value?.toString());
  });
  expect(read).toEqual([[large], ['small']]);
});

import { expect, test } from 'vitest';
import { encodeBatch } from '../bytes/encode-batch.ts';
import { readRecords } from '../bytes/record-reader.ts';
import { fillBatch } from './fill-batch.ts';
import { PartitionQueue } from './partition-queue.ts';
import type { SendableBatch } from './partition-queue.ts';

const batchOf = (words: string) =>
  encodeBatch([{ key: null, value: Buffer.from(words), timestampMs: Date.now() }]);
const large = 'any words, '.repeat(50_000);

test('a large batch keeps its position while it is compressed, and the batches after it wait', async () => {
  const queue = new PartitionQueue<SendableBatch>('topic', 0);
  const order: string[] = [];
  const ready = Promise.withResolvers<void>();
  for (const words of [large, 'small']) {
    const batch = { parts: [], byteCount: 0, count: 1, order: 0, sequence: -1, maybeStored: false };
    queue.push(batch);
    fillBatch(batch, batchOf(words), 'zstd', ready.resolve);
    order.push(batch['byteCount'] > 0 ? 'at once' : 'later');
  }
  expect(order).toEqual(['later', 'at once']);
  expect(queue.sendable).toBe(false);
  await ready.promise;
  expect(queue.sendable).toBe(true);
  const read = queue.waiting.map(({ parts, byteCount }) => {
    const bytes = Buffer.concat(parts);
    expect(bytes.length).toBe(byteCount);
    return [...readRecords({ bytes, firstOffset: 0n })].map(({ value }) => value?.toString());
  });
  expect(read).toEqual([[large], ['small']]);
});

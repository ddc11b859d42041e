import { createHash } from 'node:crypto';
import type { Fetched, FetchedBatch, OutgoingRecord } from '@penstock/kafka';
import type { PartitionPosition } from '@penstock/ledger';
import { Metrics } from '@penstock/service';
import { expect, test } from 'vitest';
import { CopiedPartition } from './copied-partition.ts';
import { copyFetched, type Appended } from './copy-fetched.ts';
import { fetchedBatch, records } from './fetched-batch.fixture.ts';
import { declareMirrorMetrics } from '../metrics.ts';

const limits = { messageBytesMax: 100_000 };

test('the position goes after what was read, markers and gaps included', () => {
  const { partition, copy, sent } = setUp(100n);
  copy(fetched([fetchedBatch(records(10, 5_000), 100n)], 113n));
  expect(partition.next).toMatchObject({ position: 113n, leaderEpoch: 9 });
  expect(partition.hasMoved).toBe(true);
  expect(sent).toMatchObject([{ firstOffset: 100n, lastOffset: 109n, count: 10 }]);
});

test('only markers move the position as well', () => {
  const { partition, copy, sent } = setUp(100n);
  copy(fetched([], 101n));
  expect(partition.next.position).toBe(101n);
  expect(sent).toEqual([]);
});

test('a batch below the position is dropped, never doubled', () => {
  const { partition, copy, sent } = setUp(110n);
  copy(fetched([fetchedBatch(records(10, 5_000), 100n), fetchedBatch(records(2, 5_000), 110n)], 112n));
  expect(sent.map(({ firstOffset }) => firstOffset)).toEqual([110n]);
  expect(partition.next.position).toBe(112n);
});

test('a record that the target cannot take pauses the partition right before it', () => {
  const { partition, copy, sent } = setUp(100n);
  const tooLarge = [...records(3, 10), { key: null, value: Buffer.alloc(200_000), timestampMs: 0 }];
  copy(fetched([fetchedBatch(tooLarge, 100n), fetchedBatch(records(5, 5_000), 104n)], 109n));
  expect(partition.phase).toBe('paused');
  expect(partition.next).toMatchObject({ position: 103n, pause: { kind: 'refused', from: 103n, to: 104n } });
  expect(sent.map(({ firstOffset, lastOffset }) => [firstOffset, lastOffset])).toEqual([
    [100n, 101n],
    [102n, 102n],
  ]);
});

test('after a refusal it copies up to the refused batch and no further', () => {
  const { partition, copy, sent } = setUp(100n);
  partition.refusal = { kind: 'refused', from: 110n, to: 120n, detail: '' };
  copy(
    fetched(
      [0n, 10n, 20n].map((delta) => fetchedBatch(records(10, 5_000), 100n + delta)),
      130n,
    ),
  );
  expect(sent.map(({ firstOffset }) => firstOffset)).toEqual([100n]);
  expect(partition.next).toMatchObject({ position: 110n, pause: { kind: 'refused', from: 110n, to: 120n } });
  partition.wasCommitted(performance.now());
  expect(partition.refusal).toBeUndefined();
});

test('a refusal is known until its pause is committed: another partition may abort that', () => {
  const { partition, copy } = setUp(100n);
  partition.refusal = { kind: 'refused', from: 110n, to: 120n, detail: '' };
  copy(fetched([fetchedBatch(records(10, 5_000), 100n), fetchedBatch(records(10, 5_000), 110n)], 120n));
  expect(partition.phase).toBe('paused');
  const { target, next: paused } = partition;
  const again = new CopiedPartition(setUp(100n).partition.next, target, 'in-ledger');
  again.learnFrom(partition);
  expect(again.refusal).toMatchObject({ from: 110n, to: 120n });
  const committedUnheard = new CopiedPartition(paused, target, 'in-ledger');
  committedUnheard.learnFrom(partition);
  expect(committedUnheard.refusal).toBeUndefined();
});

test('after a refusal inside a batch it copies the records before it, of joined batches too', () => {
  const { partition, copy, sent } = setUp(100n);
  partition.refusal = { kind: 'refused', from: 123n, to: 125n, detail: '' };
  copy(
    fetched(
      [0n, 10n, 20n, 30n].map((delta) => fetchedBatch(records(10, 50), 100n + delta)),
      140n,
    ),
  );
  expect(sent.map(({ firstOffset, lastOffset, count }) => [firstOffset, lastOffset, count])).toEqual([
    [100n, 119n, 20],
    [120n, 122n, 3],
  ]);
  expect(partition.next).toMatchObject({ position: 123n, pause: { kind: 'refused', from: 123n, to: 125n } });
});

test('the first record of a batch is refused: nothing of it is copied', () => {
  const { partition, copy, sent } = setUp(100n);
  partition.refusal = { kind: 'refused', from: 100n, to: 101n, detail: '' };
  copy(fetched([fetchedBatch(records(10, 5_000), 100n)], 110n));
  expect(sent).toEqual([]);
  expect(partition.next).toMatchObject({ position: 100n, pause: { kind: 'refused', from: 100n, to: 101n } });
});

test('offsets with gaps stay known of each record, as long as its batch may be refused', () => {
  const { copy, sent } = setUp(100n);
  copy(fetched([fetchedBatch(records(2, 50), 100n), fetchedBatch(records(1, 50), 110n)], 111n));
  expect(sent).toMatchObject([{ count: 3, offsets: [100n, 101n, 110n] }]);
});

test('a record that is too large leaves a reference when it is rejected, and what follows is copied', () => {
  const rejected: OutgoingRecord[] = [];
  const { partition, sent, copy } = setUp(100n, rejected);
  const [small, ...rest] = records(4, 20);
  const large = { ...small!, key: null, value: Buffer.alloc(limits.messageBytesMax, 'x') };
  copy(fetched([fetchedBatch([small!, large, ...rest], 100n)], 105n));
  expect(sent.map(({ firstOffset, lastOffset }) => [firstOffset, lastOffset])).toEqual([
    [100n, 100n],
    [102n, 104n],
  ]);
  expect(partition.next).toMatchObject({ position: 105n, pause: null });
  const reference = JSON.parse(rejected[0]?.value?.toString() ?? '') as object;
  expect(reference).toMatchObject({
    topic: 'events.clean',
    topicId: 'id',
    partition: 0,
    offset: '101',
    valueBytes: limits.messageBytesMax,
    valueSha256: createHash('sha256').update(large.value).digest('hex'),
  });
  expect(rejected).toHaveLength(1);
});

test('a batch that is suddenly too large is refused for good only at the second time', () => {
  const { partition } = setUp(100n);
  expect(partition.refuse('MESSAGE_TOO_LARGE', 100n)).toBe('again');
  expect(partition.refuse('MESSAGE_TOO_LARGE', 100n)).toBe('final');
  expect(partition.refuse('INVALID_TIMESTAMP', 120n)).toBe('final');
});

function setUp(position: bigint, rejected?: OutgoingRecord[]) {
  const at: PartitionPosition = {
    topic: 'events.clean',
    topicId: 'id',
    targetTopicId: 'copy',
    partition: 0,
    position,
    leaderEpoch: 9,
    lastTargetOffset: -1n,
    sourceEnd: null,
    retired: false,
    pause: null,
  };
  const partition = new CopiedPartition(at, { topic: 'events.clean', partition: 12 }, 'in-ledger');
  partition.markCopying();
  const sent: Appended[] = [];
  const open = { session: { append: () => undefined }, appended: sent, rejected };
  const metrics = declareMirrorMetrics(new Metrics('mirror'));
  return { partition, sent, copy: (given: Fetched) => copyFetched(partition, given, limits, open, metrics) };
}

function fetched(batches: FetchedBatch[], nextOffset: bigint): Fetched {
  const marks = { highWatermark: 200n, lastStableOffset: 200n, logStartOffset: 0n };
  const memory = { bytes: 0, release: () => undefined, [Symbol.dispose]: () => undefined };
  return { topic: 'events.clean', partition: 0, batches, nextOffset, lastEpoch: 9, ...marks, ...memory };
}

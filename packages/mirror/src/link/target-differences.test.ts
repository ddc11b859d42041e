import { expect, test } from 'vitest';
import { targetDifferences } from './target-differences.ts';

const like = {
  'cleanup.policy': 'delete',
  'compression.type': 'producer',
  'message.timestamp.type': 'CreateTime',
  'message.timestamp.before.max.ms': '9223372036854775807',
  'message.timestamp.after.max.ms': '3600000',
  'max.message.bytes': '1048588',
  'retention.ms': '259200000',
  'retention.bytes': '-1',
  'min.compaction.lag.ms': '0',
  'max.compaction.lag.ms': '9223372036854775807',
  'delete.retention.ms': '86400000',
  'segment.ms': '604800000',
  'segment.bytes': '1073741824',
};

test('a target like its source differs in nothing, nor does one that keeps more and takes more', () => {
  const none = { changes: [], deletes: [], refuses: [] };
  expect(targetDifferences(like, like)).toEqual(none);
  const more = { 'retention.ms': '-1', 'max.message.bytes': '5000000', 'segment.bytes': '2000000000' };
  expect(targetDifferences(like, { ...like, ...more })).toEqual(none);
});

test.each([
  ['changes', { 'compression.type': 'gzip' }, 'compression.type is gzip, needs producer'],
  ['changes', { 'message.timestamp.type': 'LogAppendTime' }, 'message.timestamp.type is LogAppendTime'],
  ['deletes', { 'cleanup.policy': 'compact' }, 'cleanup.policy is compact, the source has delete'],
  ['deletes', { 'cleanup.policy': 'compact,delete' }, 'cleanup.policy is compact,delete'],
  ['deletes', { 'retention.ms': '3000' }, 'retention.ms is 3000, needs 259200000 or more'],
  ['deletes', { 'retention.bytes': '1000000' }, 'retention.bytes is 1000000, needs -1 or more'],
  ['deletes', { 'segment.bytes': '1048576' }, 'segment.bytes is 1048576'],
  ['deletes', { 'segment.ms': '60000' }, 'segment.ms is 60000'],
  ['refuses', { 'max.message.bytes': '2000' }, 'max.message.bytes is 2000, needs 1048588 or more'],
  ['refuses', { 'message.timestamp.after.max.ms': '1' }, 'message.timestamp.after.max.ms is 1'],
] as const)('%s: %o', (kind, change, words) => {
  const found = targetDifferences(like, { ...like, ...change });
  expect(found[kind]).toEqual([expect.stringContaining(words)]);
  expect([...found.changes, ...found.deletes, ...found.refuses]).toHaveLength(1);
});

test('how long tombstones and fresh records stay counts only where the target compacts', () => {
  const sooner = { 'delete.retention.ms': '100', 'min.compaction.lag.ms': '-1' };
  const lag = { 'min.compaction.lag.ms': '60000' };
  expect(targetDifferences({ ...like, ...lag }, { ...like, ...sooner }).deletes).toEqual([]);
  const compacted = { ...like, 'cleanup.policy': 'compact' };
  const found = targetDifferences({ ...compacted, ...lag }, { ...compacted, 'delete.retention.ms': '100' });
  expect(found.deletes).toEqual([
    'min.compaction.lag.ms is 0, needs 60000 or more, as at the source',
    'delete.retention.ms is 100, needs 86400000 or more, as at the source',
  ]);
});

test('the order of policies does not matter', () => {
  const both = { ...like, 'cleanup.policy': 'compact,delete' };
  expect(targetDifferences(both, { ...both, 'cleanup.policy': 'delete, compact' }).deletes).toEqual([]);
});

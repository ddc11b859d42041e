import { expect, test } from 'vitest';
import { filterTopicNeeds, rawTopicNeeds } from './pipeline-topics.ts';
import { noSuchTopic, topicProblems } from './topic-problems.ts';

const names = { raw: 'raw', clean: ['clean', 'purchases'], rejected: 'rejected', seen: 'seen' };
const sizes = { batchBytes: 900_000, dedupWindowMs: 600_000 };
const receiver = { bodyBytesMax: 900_000, headerBytesMax: 16_384, batchBytes: 524_288 };

const topic = (name: string, bytes: number, partitions = 3, configs: Record<string, string> = {}) => ({
  ...{ name, partitions, replicationFactor: 1 },
  configs: {
    'max.message.bytes': String(bytes),
    'message.timestamp.type': 'CreateTime',
    'compression.type': 'producer',
    'cleanup.policy': 'delete',
    'retention.ms': '86400000',
    'retention.bytes': '-1',
    ...configs,
  },
});
type Topic = ReturnType<typeof topic>;

const good: Topic[] = [
  topic('raw', 1_000_000),
  topic('clean', 1_000_000),
  topic('purchases', 1_000_000),
  topic('rejected', 1_100_000),
  topic('seen', 1_000_000, 3, { 'retention.ms': '600000' }),
];
const problems = (found: Topic[]) =>
  topicProblems(filterTopicNeeds(names, sizes, found), found, { singleReplica: true });
const rawProblems = (raw: Topic) =>
  topicProblems([rawTopicNeeds('raw', receiver)], [raw], { singleReplica: true });

test('topics that fit together are fine, also when nothing limits what they keep', () => {
  expect(problems(good)).toEqual([]);
  expect(rawProblems(good[0]!)).toEqual([]);
  expect(
    problems(
      good.map((each) => topic(each.name, each.name === 'rejected' ? 3e6 : 2e6, 3, { 'retention.ms': '-1' })),
    ),
  ).toEqual([]);
});

test.each([
  [
    'raw',
    { 'cleanup.policy': 'compact' },
    'cleanup.policy is compact, needs delete: compaction removes events',
  ],
  ['clean', { 'cleanup.policy': 'compact,delete' }, 'cleanup.policy is compact,delete, needs delete'],
  ['purchases', { 'cleanup.policy': 'compact' }, 'cleanup.policy is compact, needs delete'],
  ['rejected', { 'cleanup.policy': 'delete,compact' }, 'cleanup.policy is delete,compact, needs delete'],
  ['seen', { 'cleanup.policy': 'compact' }, 'cleanup.policy is compact, needs delete'],
  ['raw', { 'retention.ms': '3600000' }, 'retention.ms is 3600000, needs 86400000 or more: events go before'],
  ['clean', { 'retention.ms': '86399999' }, 'retention.ms is 86399999, needs 86400000'],
  ['rejected', { 'retention.ms': '0' }, 'retention.ms is 0, needs 86400000'],
  ['seen', { 'retention.ms': '599999' }, 'retention.ms is 599999, needs 600000'],
  ['seen', { 'retention.bytes': '1073741824' }, 'retention.bytes is 1073741824, needs -1'],
  ['seen', { 'message.timestamp.type': 'LogAppendTime' }, 'message.timestamp.type is LogAppendTime'],
  ['clean', { 'message.timestamp.type': 'LogAppendTime' }, 'message.timestamp.type is LogAppendTime'],
  ['purchases', { 'compression.type': 'gzip' }, 'compression.type is gzip, needs producer'],
  ['clean', { 'max.message.bytes': '800000' }, 'max.message.bytes is 800000, needs 900000 or more'],
  ['rejected', { 'max.message.bytes': '1000000' }, 'max.message.bytes is 1000000, needs 1065536 or more'],
])('the Input Filter refuses topic %s with %o', (name, configs, problem) => {
  const found = good.map((each) =>
    each.name === name ? { ...each, configs: { ...each.configs, ...configs } } : each,
  );
  expect(problems(found)).toEqual([expect.stringContaining(`topic ${name}: ${problem}`)]);
});

test.each([
  ['clean', 4, 'has 4 partitions, needs 3'],
  ['seen', 1, 'has 1 partitions, needs 3'],
])('the Input Filter refuses topic %s with %i partitions', (name, partitions, problem) => {
  const found = good.map((each) => (each.name === name ? { ...each, partitions } : each));
  expect(problems(found)).toEqual([`topic ${name}: ${problem}`]);
});

test('topics that are missing are named, the routed one too', () => {
  expect(problems(good.filter(({ name }) => name === 'raw' || name === 'clean'))).toEqual([
    noSuchTopic('purchases'),
    noSuchTopic('rejected'),
    noSuchTopic('seen'),
  ]);
});

test.each([
  [{ 'cleanup.policy': 'compact' }, 'cleanup.policy is compact, needs delete'],
  [{ 'retention.ms': '60000' }, 'retention.ms is 60000, needs 86400000 or more'],
  [{ 'max.message.bytes': '920479' }, 'max.message.bytes is 920479, needs 920480 or more'],
])('the Receiver refuses a raw topic with %o', (configs, problem) => {
  expect(rawProblems(topic('raw', 1_000_000, 3, configs))).toEqual([expect.stringContaining(problem)]);
});

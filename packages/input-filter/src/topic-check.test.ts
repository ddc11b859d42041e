import { topicProblems } from '@penstock/kafka';
import { expect, test } from 'vitest';
import { filterTopicNeeds } from './topic-check.ts';

const topics = { raw: 'raw', clean: 'clean', rejected: 'rejected', seen: 'seen' };
const topic = (name: string, bytes: number, partitions = 3, configs: Record<string, string> = {}) => ({
  name,
  partitions,
  replicationFactor: 1,
  configs: {
    'max.message.bytes': String(bytes),
    'message.timestamp.type': 'CreateTime',
    'compression.type': 'producer',
    'cleanup.policy': 'delete',
    'retention.ms': '600000',
    ...configs,
  },
});
const good: ReturnType<typeof topic>[] = [
  topic('raw', 1_000_000),
  topic('clean', 1_000_000),
  topic('rejected', 1_100_000),
  topic('seen', 1_000_000),
];
const problems = (found: typeof good) =>
  topicProblems(
    filterTopicNeeds({ topics, batchBytes: 900_000, dedupWindowMs: 600_000 }, ['clean'], found),
    found,
    {
      singleReplica: true,
    },
  );

test('topics that fit together are fine', () => {
  expect(problems(good)).toEqual([]);
  const kept = topic('seen', 1_000_000, 3, { 'retention.ms': '-1' });
  expect(problems(good.map((each) => (each.name === 'seen' ? kept : each)))).toEqual([]);
});

test.each([
  ['topic rejected: max.message.bytes is 1000000', topic('rejected', 1_000_000)],
  ['topic clean: max.message.bytes is 800000', topic('clean', 800_000)],
  ['topic clean: has 4 partitions, needs 3', topic('clean', 1_000_000, 4)],
  ['topic seen: has 1 partitions, needs 3', topic('seen', 1_000_000, 1)],
  [
    'topic seen: retention.ms is 599999, needs 600000',
    topic('seen', 1_000_000, 3, { 'retention.ms': '599999' }),
  ],
  [
    'topic seen: cleanup.policy is compact, needs delete',
    topic('seen', 1_000_000, 3, { 'cleanup.policy': 'compact' }),
  ],
  [
    'topic seen: message.timestamp.type is LogAppendTime',
    topic('seen', 1_000_000, 3, { 'message.timestamp.type': 'LogAppendTime' }),
  ],
  [
    'topic clean: compression.type is gzip, needs producer',
    topic('clean', 1_000_000, 3, { 'compression.type': 'gzip' }),
  ],
])('%s', (problem, changed) => {
  const found = good.map((each) => (each.name === changed.name ? changed : each));
  expect(problems(found)).toEqual([expect.stringContaining(problem)]);
});

test('missing ones are named', () => {
  expect(problems(good.slice(0, 2))).toEqual(['topic rejected does not exist', 'topic seen does not exist']);
});

import { expect, test } from 'vitest';
import { topicProblems } from './topic-problems.ts';

const good = {
  name: 't',
  partitions: 12,
  replicationFactor: 3,
  configs: {
    'min.insync.replicas': '2',
    'unclean.leader.election.enable': 'false',
    'max.message.bytes': '2000000',
    'compression.type': 'producer',
  },
};
const needs = [
  {
    name: 't',
    partitions: 12,
    configs: { 'compression.type': 'producer' },
    configsAtLeast: { 'max.message.bytes': 1_500_000 },
  },
];

test('a topic as needed has no problems', () => {
  expect(topicProblems(needs, [good], { singleReplica: false })).toEqual([]);
});

test('every difference is a sentence', () => {
  const bad = { ...good, partitions: 3, replicationFactor: 1, configs: { 'max.message.bytes': '1000' } };
  expect(topicProblems(needs, [bad], { singleReplica: false })).toEqual([
    'topic t: has 3 partitions, needs 12',
    'topic t: compression.type is unset, needs producer',
    'topic t: max.message.bytes is 1000, needs 1500000 or more',
    'topic t: replication factor is 1, needs 3',
    'topic t: min.insync.replicas is unset, needs 2',
    'topic t: unclean.leader.election.enable must be false',
  ]);
});

test('a single replica is allowed where it is said so, and nothing else', () => {
  const single = { ...good, replicationFactor: 1, configs: { ...good.configs, 'min.insync.replicas': '1' } };
  expect(topicProblems(needs, [single], { singleReplica: true })).toEqual([]);
  expect(topicProblems(needs, [], { singleReplica: true })).toEqual([
    'topic t does not exist, or this user lacks Describe on it',
  ]);
});

test('a refused single replica names what allows it', () => {
  const single = { ...good, replicationFactor: 1, configs: { ...good.configs, 'min.insync.replicas': '1' } };
  const told = topicProblems(needs, [single], { singleReplica: false, allowedBy: '--single-replica' });
  expect(told[0]).toBe(
    'topic t: replication factor is 1, needs 3 (for demos and tests, --single-replica accepts it)',
  );
});

test('more replicas in sync than there are is told: nothing could be written', () => {
  const strict = { ...good, configs: { ...good.configs, 'min.insync.replicas': '4' } };
  expect(topicProblems(needs, [strict], { singleReplica: false })).toEqual([
    'topic t: min.insync.replicas is 4, and there are only 3 replicas',
  ]);
});

test('at least so many partitions', () => {
  const need = [{ name: 't', partitionsAtLeast: 13 }];
  expect(topicProblems(need, [good], { singleReplica: false })).toEqual([
    'topic t: has 12 partitions, needs 13 or more',
  ]);
  expect(topicProblems(need, [{ ...good, partitions: 14 }], { singleReplica: false })).toEqual([]);
});

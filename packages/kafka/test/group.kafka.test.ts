import { sharedKafka, uniqueName } from '@penstock/test-broker';
import type { TestKafka } from '@penstock/test-broker';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { committedOffsets, joinGroup, memberIdOf, openCluster } from '../src/index.ts';
import type { GroupOptions } from '../src/group/group-member.ts';
import type { Cluster, GroupMember, TopicPartition } from '../src/index.ts';

// The broker's sessions last 10 s at most (test settings: group.consumer.session.timeout.ms).

let kafka: TestKafka;
const running: Process[] = [];

beforeAll(async () => {
  kafka = await sharedKafka();
});

afterAll(async () => {
  await Promise.all(running.map((process) => process.cluster[Symbol.asyncDispose]()));
});

/** A member with connections of its own, like a separate process, and a list of its callbacks. */
interface Process {
  cluster: Cluster;
  member: GroupMember;
  told: string[];
  /** Ends like a SIGKILL: connections close, but it does not leave the group. */
  die(): Promise<void>;
}

async function start(
  groupId: string,
  topic: string,
  identity: string,
  callbacks: Partial<Pick<GroupOptions, 'onAssigned' | 'onRevoked' | 'onLost' | 'rebalanceTimeoutMs'>> = {},
): Promise<Process> {
  const cluster = await openCluster({ bootstrap: kafka.bootstrap, clientId: identity });
  const told: string[] = [];
  const member = await joinGroup(cluster, {
    groupId,
    topics: [topic],
    memberId: memberIdOf(identity),
    onAssigned: (partitions) => {
      told.push(`assigned ${numbers(partitions)}`);
      return callbacks.onAssigned?.(partitions);
    },
    onRevoked: async (partitions) => {
      told.push(`revoked ${numbers(partitions)}`);
      await callbacks.onRevoked?.(partitions);
    },
    onLost: async (partitions) => {
      told.push(`lost ${numbers(partitions)}`);
      await callbacks.onLost?.(partitions);
    },
    ...(callbacks.rebalanceTimeoutMs ? { rebalanceTimeoutMs: callbacks.rebalanceTimeoutMs } : {}),
  });
  const process = { cluster, member, told, die: () => cluster[Symbol.asyncDispose]() };
  running.push(process);
  return process;
}

function numbers(partitions: readonly TopicPartition[]): string {
  return partitions
    .map(({ partition }) => partition)
    .sort((a, b) => a - b)
    .join(',');
}

function owned({ member }: Process): number[] {
  return member.assignment.map(({ partition }) => partition).sort((a, b) => a - b);
}

async function until(what: string, holds: () => boolean, withinMs = 60_000): Promise<number> {
  const startMs = performance.now();
  while (!holds()) {
    if (performance.now() - startMs > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(10);
  }
  return performance.now() - startMs;
}

async function topicOf(partitions: number): Promise<{ topic: string; group: string }> {
  const topic = uniqueName('grouped');
  await kafka.createTopic(topic, { partitions });
  return { topic, group: uniqueName('group') };
}

test('members share the partitions, each owned once, and one that leaves hands over within 3 s', async () => {
  const { topic, group } = await topicOf(6);
  const a = await start(group, topic, uniqueName('a'));
  await until('a owns all', () => owned(a).length === 6);
  const b = await start(group, topic, uniqueName('b'));
  await until('they share', () => owned(a).length === 3 && owned(b).length === 3);
  expect(new Set([...owned(a), ...owned(b)])).toEqual(new Set([0, 1, 2, 3, 4, 5]));
  expect(a.told).toHaveLength(2);
  await b.member.leave();
  expect(await until('a owns all again', () => owned(a).length === 6)).toBeLessThan(3_000);
  await a.member.leave();
});

test('a killed member that restarts under its id owns its partitions within 1 s', async () => {
  const { topic, group } = await topicOf(6);
  const identity = uniqueName('a');
  const first = await start(group, topic, identity);
  const other = await start(group, topic, uniqueName('b'));
  await until('they share', () => owned(first).length === 3 && owned(other).length === 3);
  const before = owned(first);
  await first.die();
  const startMs = performance.now();
  const second = await start(group, topic, identity);
  await until('it owns what it had', () => owned(second).length === 3);
  expect(performance.now() - startMs).toBeLessThan(1_000);
  expect(owned(second)).toEqual(before);
  expect(other.told.filter((line) => line.startsWith('assigned'))).toHaveLength(1);
});

test('a killed member that stays away loses its partitions when its session ends', async () => {
  const { topic, group } = await topicOf(4);
  const a = await start(group, topic, uniqueName('a'));
  const b = await start(group, topic, uniqueName('b'));
  await until('they share', () => owned(a).length === 2 && owned(b).length === 2);
  await b.die();
  await until('a owns all', () => owned(a).length === 4, 20_000);
  expect(a.told.filter((line) => line.startsWith('lost'))).toEqual([]);
});

test('until onRevoked settles, the partition is granted to nobody else, and nobody is fenced', async () => {
  const { topic, group } = await topicOf(2);
  const finish = Promise.withResolvers<void>();
  const a = await start(group, topic, uniqueName('a'), { onRevoked: () => finish.promise });
  await until('a owns all', () => owned(a).length === 2);
  const b = await start(group, topic, uniqueName('b'));
  await until('a is asked to give up', () => a.told.some((line) => line.startsWith('revoked')));
  // Enough heartbeats for a grant to show, if there were one.
  for (let beat = 0; beat < 5; beat++) await Promise.all([a.member.heartbeatNow(), b.member.heartbeatNow()]);
  expect([owned(a), owned(b)]).toEqual([[0, 1], []]);
  await a.member.heartbeatNow();
  expect(a.told.filter((line) => line.startsWith('lost'))).toEqual([]);
  finish.resolve();
  expect(await until('b has its share', () => owned(b).length === 1)).toBeLessThan(3_000);
  expect(owned(a)).toHaveLength(1);
});

test('a member whose revocation exceeds the rebalance timeout loses everything and joins again', async () => {
  const { topic, group } = await topicOf(2);
  const finish = Promise.withResolvers<void>();
  const lost: number[] = [];
  const a = await start(group, topic, uniqueName('a'), {
    rebalanceTimeoutMs: 1_500,
    onRevoked: () => finish.promise,
    async onLost(partitions) {
      lost.push(...partitions.map(({ partition }) => partition));
      finish.resolve(); // as a service does: it gives up the transaction that hangs
    },
  });
  await until('a owns all', () => owned(a).length === 2);
  const b = await start(group, topic, uniqueName('b'));
  await until('a is fenced', () => lost.length > 0);
  expect(new Set(lost)).toEqual(new Set([0, 1]));
  await until('they share', () => owned(a).length === 1 && owned(b).length === 1);
});

describe('two processes under one member id', () => {
  test('the one that is fenced drops everything and comes back', async () => {
    const { topic, group } = await topicOf(2);
    const identity = uniqueName('twin');
    const first = await start(group, topic, identity);
    await until('the first owns all', () => owned(first).length === 2);
    const second = await start(group, topic, identity);
    await until('the second does too: the group cannot tell them apart', () => owned(second).length === 2);
    await second.member.leave();
    await until('the first is told', () => first.told.includes('lost 0,1'));
    await until('the first owns all again', () => owned(first).length === 2);
    expect(first.told).toEqual(['assigned 0,1', 'lost 0,1', 'assigned 0,1']);
  });

  test('the member fails when that goes on', async () => {
    const { topic, group } = await topicOf(1);
    const identity = uniqueName('twin');
    const first = await start(group, topic, identity);
    for (let round = 0; round < 5; round++) {
      await until('the first owns it', () => owned(first).length === 1);
      const second = await start(group, topic, identity);
      await second.member.leave();
      await first.member.heartbeatNow().catch(() => undefined);
    }
    await until('the first has failed', () => first.member.failed.aborted);
    expect(String(first.member.failed.reason)).toMatch('two processes may share one member id');
    await expect(first.member.heartbeatNow()).rejects.toThrow('share one member id');
  });
});

test('heartbeatNow is answered at once, and after leaving it rejects', async () => {
  const { topic, group } = await topicOf(1);
  const { member } = await start(group, topic, uniqueName('a'));
  const startMs = performance.now();
  await Promise.all([member.heartbeatNow(), member.heartbeatNow()]);
  expect(performance.now() - startMs).toBeLessThan(500);
  const waiting = member.heartbeatNow();
  await Promise.allSettled([waiting, member.leave()]);
  await expect(member.heartbeatNow()).rejects.toMatchObject({ code: 'CLOSED' });
});

test('a callback that rejects fails the member', async () => {
  const { topic, group } = await topicOf(1);
  const { member } = await start(group, topic, uniqueName('a'), {
    onAssigned: () => Promise.reject(new Error('no disk')),
  });
  await until('it fails', () => member.failed.aborted);
  expect(String(member.failed.reason)).toMatch('no disk');
});

test('a stale epoch and an unknown member get no positions; a heartbeat mends the epoch', async () => {
  const { topic, group } = await topicOf(1);
  const { cluster, member } = await start(group, topic, uniqueName('a'));
  await until('it owns the partition', () => member.assignment.length === 1);
  const ask = (memberId: string, memberEpoch: number | (() => number)): Promise<unknown> =>
    committedOffsets(cluster, {
      groupId: group,
      memberId,
      memberEpoch,
      partitions: [{ topic, partition: 0 }],
    });
  expect(await ask(member.memberId, member.epoch)).toEqual(new Map([[`${topic}-0`, null]]));
  await expect(ask(member.memberId, member.epoch + 5)).rejects.toMatchObject({ code: 'STALE_MEMBER_EPOCH' });
  await expect(ask(memberIdOf('a stranger'), 1)).rejects.toMatchObject({ code: 'UNKNOWN_MEMBER_ID' });
  let asked = 0;
  await ask(member.memberId, () => (asked++ === 0 ? member.epoch + 5 : member.epoch));
  expect(asked).toBe(2);
});

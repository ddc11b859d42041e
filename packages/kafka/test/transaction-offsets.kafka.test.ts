import { sharedKafka, uniqueName } from '@penstock/test-broker';
import { expect, onTestFinished, test } from 'vitest';
import {
  committedOffsets,
  encodeBatch,
  joinGroup,
  memberIdOf,
  openCluster,
  openTransactionSession,
} from '../src/index.ts';

// Positions inside a transaction, given as a member of a KIP-848 group.

test('a position with a stale member epoch is sent again with the present one', async () => {
  const { topic, session, member, groupId, cluster, offsetsAs } = await begin();
  const epochs = [member.epoch - 1, member.epoch - 1];
  session.append(topic, 0, batchOf('once'));
  session.offsets(offsetsAs(member.memberId, () => epochs.shift() ?? member.epoch));
  await session.commit();
  expect(epochs).toEqual([]);
  const partitions = [{ topic, partition: 0 }];
  const committed = await committedOffsets(cluster, { groupId, memberId: null, memberEpoch: -1, partitions });
  expect(committed.get(`${topic}-0`)?.offset).toBe(7n);
});

test('positions of an unknown member abort the transaction, and the session goes on', async () => {
  const { topic, session, offsetsAs } = await begin();
  session.append(topic, 0, batchOf('never seen'));
  session.offsets(offsetsAs(memberIdOf('a stranger'), () => 1));
  await expect(session.commit()).rejects.toMatchObject({ outcome: 'aborted', code: 'UNKNOWN_MEMBER_ID' });
  session.append(topic, 0, batchOf('seen'));
  expect(await session.commit()).toHaveLength(1);
});

async function begin() {
  const kafka = await sharedKafka();
  const topic = uniqueName('txn-offsets');
  const groupId = uniqueName('group');
  await kafka.createTopic(topic);
  const cluster = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'txn-offsets' });
  onTestFinished(() => cluster[Symbol.asyncDispose]());
  const session = await openTransactionSession(cluster, { transactionalId: uniqueName('txn') });
  onTestFinished(() => session[Symbol.asyncDispose]());
  const member = await joinGroup(cluster, {
    groupId,
    memberId: memberIdOf(groupId),
    topics: [topic],
    onAssigned() {},
    async onRevoked() {},
    async onLost() {},
  });
  onTestFinished(() => member.leave());
  const positions = [{ topic, partition: 0, offset: 7n, leaderEpoch: -1 }];
  const offsetsAs = (memberId: string, memberEpoch: () => number) => ({
    groupId,
    memberId,
    memberEpoch,
    positions,
  });
  return { topic, session, member, groupId, cluster, offsetsAs };
}

function batchOf(value: string) {
  return encodeBatch([{ key: null, value: Buffer.from(value), timestampMs: Date.now() }]);
}

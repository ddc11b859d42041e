import { setTimeout as sleep } from 'node:timers/promises';
import { sharedKafka, uniqueName } from '@penstock/test-broker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  encodeBatch,
  openCluster,
  openTransactionSession,
  type Cluster,
  type TransactionSession,
} from '@penstock/kafka';
import {
  genesisRecord,
  positionsRecord,
  readLedger,
  takeOverShard,
  transactionalIdOf,
  type Genesis,
  type LinkIdentity,
  type PartitionPosition,
} from '@penstock/ledger';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await openCluster({ bootstrap: (await sharedKafka()).bootstrap, clientId: 'ledger-test' });
});

afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

test('a takeover finds the last committed positions below aborted ones, and their genesis', async () => {
  const { identity, session } = await beginLedger();
  for (let commit = 1; commit <= 100; commit += 1) {
    appendPositions(session, identity, BigInt(commit));
    await session.commit();
  }
  for (let attempt = 0; attempt < 3; attempt += 1) {
    appendPositions(session, identity, 999n);
    await sleep(30); // so that it lies in the log
    await session.abort();
  }
  const taken = await takeOverShard(cluster, identity, 0);
  expect(taken.state.positions).toEqual([positionAt(100n)]);
  expect(taken.state.genesis.generation).toBe(1);
  expect(taken.state.genesisOffset).toBe(0n);
  await taken.session[Symbol.asyncDispose]();
  await session[Symbol.asyncDispose]();
});

test('what an earlier owner left open is never seen, and it can commit nothing any more', async () => {
  const { identity, session: zombie } = await beginLedger();
  appendPositions(zombie, identity, 5n);
  await zombie.commit();
  appendPositions(zombie, identity, 6n);
  await sleep(50);
  const taken = await takeOverShard(cluster, identity, 0);
  expect(taken.state.positions).toEqual([positionAt(5n)]);
  await expect(zombie.commit()).rejects.toMatchObject({ name: 'TransactionError', outcome: 'fenced' });
  const { positions } = await readLedger(cluster, identity.ledgerTopic, 0);
  expect(positions).toEqual([positionAt(5n)]);
  await taken.session[Symbol.asyncDispose]();
  await zombie[Symbol.asyncDispose]();
});

test('a genesis written after the positions is the one in force', async () => {
  const { identity, session } = await beginLedger();
  appendPositions(session, identity, 5n);
  await session.commit();
  await writeGenesis(session, identity, 2);
  const state = await readLedger(cluster, identity.ledgerTopic, 0);
  expect(state).toMatchObject({
    genesis: { generation: 2 },
    genesisOffset: 4n,
    positions: [{ position: 5n }],
  });
  await session[Symbol.asyncDispose]();
});

test('a ledger without a genesis, of another link or between other clusters is refused', async () => {
  const bare = uniqueName('mirror.bare');
  await (await sharedKafka()).createTopic(bare, { partitions: 1 });
  await expect(readLedger(cluster, bare, 0)).rejects.toMatchObject({ code: 'NO_GENESIS' });
  const { identity, session } = await beginLedger();
  await session[Symbol.asyncDispose]();
  await expect(takeOverShard(cluster, { ...identity, link: 'ams' }, 0)).rejects.toMatchObject({
    code: 'OTHER_LINK',
  });
  const other = { ...identity, sourceClusterId: 'another' };
  await expect(takeOverShard(cluster, other, 0)).rejects.toMatchObject({ code: 'OTHER_CLUSTER' });
});

/** A ledger of one shard with its genesis, and a session that owns it. */
async function beginLedger(): Promise<{ identity: LinkIdentity; session: TransactionSession }> {
  const ledgerTopic = uniqueName('mirror.fra');
  await (await sharedKafka()).createTopic(ledgerTopic, { partitions: 1 });
  const identity = { link: 'fra', ledgerTopic, sourceClusterId: 'source', targetClusterId: 'target' };
  const session = await openTransactionSession(cluster, {
    transactionalId: transactionalIdOf(ledgerTopic, 0),
  });
  await writeGenesis(session, identity, 1);
  return { identity, session };
}

async function writeGenesis(
  session: TransactionSession,
  identity: LinkIdentity,
  generation: number,
): Promise<void> {
  const { link, sourceClusterId, targetClusterId } = identity;
  const genesis: Genesis = { link, shards: 1, sourceClusterId, targetClusterId, generation, topics: [] };
  session.append(identity.ledgerTopic, 0, encodeBatch([genesisRecord(0, genesis, Date.now())]));
  await session.commit();
}

function appendPositions(session: TransactionSession, { ledgerTopic }: LinkIdentity, position: bigint): void {
  const positions = { genesisOffset: 0n, partitions: [positionAt(position)] };
  session.append(ledgerTopic, 0, encodeBatch([positionsRecord(0, positions, Date.now())]));
}

function positionAt(position: bigint): PartitionPosition {
  return {
    topic: 'events.clean',
    topicId: '0f9c4a1e-52f5-4a55-9c7e-5d6d7c1f0a11',
    targetTopicId: null,
    partition: 0,
    position,
    leaderEpoch: 3,
    lastTargetOffset: position,
    sourceEnd: position,
    retired: false,
    pause: null,
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import { sharedKafka, uniqueName } from '@penstock/test-broker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  encodeBatch,
  listOffsets,
  openCluster,
  openTransactionSession,
  type Cluster,
  type TransactionError,
  type TransactionSession,
} from '@penstock/kafka';
import {
  genesisRecord,
  lookAtLedger,
  positionsRecord,
  readLedger,
  takeOverShard,
  transactionalIdOf,
  type Genesis,
  type LedgerError,
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

test('a takeover waits for newer positions that somebody else hides, or says who it is', async () => {
  const { identity, session } = await beginLedger();
  appendPositions(session, identity, 5n);
  await session.commit();
  const transactionalId = uniqueName('stranger');
  const stranger = await openTransactionSession(cluster, { transactionalId, transactionTimeoutMs: 600_000 });
  stranger.append(
    identity.ledgerTopic,
    0,
    encodeBatch([{ key: null, value: null, timestampMs: Date.now() }]),
  );
  await eventually(async () => (await writtenTo(identity)) === 5n);
  appendPositions(session, identity, 6n);
  await session.commit();

  // Our commit of 6 lies behind it.
  const refused = await takeOverShard(cluster, identity, 0, { patienceMs: 100 }).catch(
    (error: unknown) => error,
  );
  expect(refused).toMatchObject({ name: 'LedgerError', code: 'UNDECIDED', retryable: true });
  expect(String(refused)).toContain(`transactional id ${transactionalId} (producer id `);
  expect(String(refused)).toContain(`${identity.ledgerTopic}-0 is undecided from offset 4 on`);
  // Whoever only looks sees the old positions, and is told so.
  const look = await lookAtLedger(cluster, identity.ledgerTopic, 0, { patienceMs: 0 });
  expect(look.positions).toEqual([positionAt(5n)]);
  expect(look.undecided).toBe(true);
  expect(await look.whoHides()).toContain(transactionalId);

  const waiting = takeOverShard(cluster, identity, 0, { patienceMs: 60_000 });
  const ended = waiting.catch(() => undefined); // told by what awaits it below
  // It has begun when it has fenced us.
  await eventually(async () => {
    appendPositions(session, identity, 6n);
    return session.commit().then(
      () => false,
      (error: TransactionError) => error.outcome === 'fenced',
    );
  });
  await stranger.abort();
  await ended;
  const taken = await waiting;
  // Nobody is asked before somebody wants to know.
  expect(await look.whoHides()).toContain('a transaction was open there until now');
  expect(taken.state.positions).toEqual([positionAt(6n)]);
  await using closed = new AsyncDisposableStack();
  for (const each of [taken.session, stranger, session]) closed.use(each);
});

test('a mirror of the shard that died while it committed is told from a stranger', async () => {
  const { identity, session } = await beginLedger();
  await using _ = session;
  appendPositions(session, identity, 5n);
  await eventually(async () => (await writtenTo(identity)) === 3n);
  const { message, isOwn } = await readLedger(cluster, identity.ledgerTopic, 0, { patienceMs: 0 }).then(
    () => expect.unreachable(),
    (error: LedgerError) => error,
  );
  expect(isOwn).toBe(true);
  expect(message).toContain('a mirror of this shard which died');
  expect(message).not.toContain('docs/runbooks');
});

test('a genesis that is hidden is not taken for one that was lost', async () => {
  const ledgerTopic = uniqueName('mirror.hidden');
  await (await sharedKafka()).createTopic(ledgerTopic, { partitions: 1 });
  const transactionalId = uniqueName('stranger');
  await using stranger = await openTransactionSession(cluster, { transactionalId });
  stranger.append(ledgerTopic, 0, encodeBatch([{ key: null, value: null, timestampMs: Date.now() }]));
  await eventually(async () => (await writtenTo({ ledgerTopic })) === 1n);
  const looked = lookAtLedger(cluster, ledgerTopic, 0, { patienceMs: 0 });
  await expect(looked).rejects.toMatchObject({ code: 'UNDECIDED' });
  await stranger.abort();
  await expect(readLedger(cluster, ledgerTopic, 0)).rejects.toMatchObject({ code: 'NO_GENESIS' });
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

/** Where it ends, visible or not. */
async function writtenTo({ ledgerTopic }: Pick<LinkIdentity, 'ledgerTopic'>): Promise<bigint | undefined> {
  return (await listOffsets(cluster, ledgerTopic, [0], 'latest', 'read_uncommitted')).get(0)?.offset;
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  await expect.poll(holds, { timeout: 60_000 }).toBe(true);
}

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

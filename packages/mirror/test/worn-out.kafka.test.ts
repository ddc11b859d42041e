import { openCluster, startFetcher, type Cluster } from '@penstock/kafka';
import { transactionalIdOf } from '@penstock/ledger';
import { sharedKafka, startKafka } from '@penstock/test-broker';
import { apiKeys, startProxiedKafka } from '@penstock/test-faults';
import { expect, test } from 'vitest';
import { producerIdAt } from '../../kafka/src/bytes/batch-header.ts';
import { initProducerIdRequest } from '../../kafka/src/requests/transaction.ts';
import { ledgerTopicOf } from '../src/names.ts';
import { startMirrorProcess } from './mirror-process.ts';
import { copiedUpToNow, writeCommitted } from './source-writer.ts';
import { createLink, expectExactCopy, testTimeoutMs } from './two-clusters.ts';

// Each commit takes an epoch, so at four a second they last two hours. Sequences begin anew with each epoch:
// a transaction would need 2^31 records of one partition to use them up.

test(
  'the epochs of a shard run out while answers to Produce and EndTxn are lost: all is copied once',
  async () => {
    const source = await sharedKafka();
    await using far = await startProxiedKafka(startKafka, { name: 'mirror-worn-out' });
    const { kafka: target, proxies } = far;
    await using sourceCluster = await openCluster({ bootstrap: source.bootstrap, clientId: 'test' });
    await using targetCluster = await openCluster({ bootstrap: target.inside, clientId: 'test' });
    const link = await createLink(
      { source, target },
      { partitions: 2, env: { PENSTOCK_MIRROR_SHARDS: '1' } },
    );
    await wearOut(targetCluster, transactionalIdOf(ledgerTopicOf(link.link), 0));
    const mirror = startMirrorProcess(link.env);
    // A commit for each round at least, so the last epoch is reached and passed, beside a lost answer.
    for (let round = 0; round < rounds; round += 1) {
      const apiKey = round % 2 === 0 ? apiKeys.produce : apiKeys.endTxn;
      const traps = proxies.map((proxy) => proxy.dropNextResponse({ apiKey }));
      await writeCommitted(sourceCluster, link.topic, [0, 1], 1);
      await copiedUpToNow(mirror, sourceCluster, link.topic, [0, 1]);
      await Promise.all(traps.map(({ struck }) => struck));
    }
    expect(await mirror.stop()).toBe(0);
    expect(await expectExactCopy({ source, target }, link, [0, 1])).toBe(2 * 10 * rounds);
    expect((await producerIdsIn(targetCluster, link.topic, 10 * rounds)).size).toBe(2);
  },
  testTimeoutMs,
);

const rounds = 12;
/** The last epoch that a transaction may have is 32766. */
const wornEpoch = 32_758;

/** Takes a transactional id over again and again. Many at a time: the broker serves them in order. */
async function wearOut(cluster: Cluster, transactionalId: string): Promise<void> {
  const coordinator = await cluster.coordinator('transaction', transactionalId);
  const connections = cluster.connectionsFor('wear out');
  const init = (id: bigint, epoch: number) =>
    connections.call(coordinator, initProducerIdRequest, transactionalId, 10_000, id, epoch);
  let { producerId, producerEpoch } = await init(-1n, -1);
  while (producerEpoch < wornEpoch) {
    const ahead = Array.from({ length: Math.min(50, wornEpoch - producerEpoch) }, (_, index) => index);
    const answers = await Promise.all(ahead.map((index) => init(producerId, producerEpoch + index)));
    for (const answer of answers) if (answer.errorCode === 0) ({ producerId, producerEpoch } = answer);
  }
}

/** Of partition 0. */
async function producerIdsIn(cluster: Cluster, topic: string, records: number): Promise<Set<bigint>> {
  using fetcher = startFetcher(cluster, { isolation: 'read_committed' });
  fetcher.assign(topic, 0, { offset: 0n, lastFetchedEpoch: -1 });
  const ids = new Set<bigint>();
  for (let seen = 0; seen < records;) {
    for (using fetched of await fetcher.next({ maxWaitMs: 10_000 })) {
      for (const { bytes, count } of fetched.batches) {
        ids.add(producerIdAt(bytes, 0));
        seen += count;
      }
    }
  }
  return ids;
}

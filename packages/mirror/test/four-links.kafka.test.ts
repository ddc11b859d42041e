import { listOffsets, openCluster, type Cluster } from '@penstock/kafka';
import { startKafka, uniqueName, type TestKafka } from '@penstock/test-broker';
import { startProxiedKafka, type FaultProxy } from '@penstock/test-faults';
import { expect, onTestFinished, test } from 'vitest';
import { startMirrorProcess, type MirrorProcess } from './mirror-process.ts';
import { copiedUpToNow, partitionStates, writeTransactions } from './source-writer.ts';
import { createLink, eventually, expectExactCopies, testTimeoutMs } from './two-clusters.ts';

/** Four datacenters, each a broker of its own: twelve would need more memory than a test may take. */
const places = ['fra', 'iad', 'sin', 'gru'];
const partitions = [0, 1];

/** `npm run soak -- mirror` cuts for minutes. */
const cutMs = Number(process.env['PENSTOCK_CUT_MS'] ?? 0);

interface Datacenter {
  readonly source: TestKafka;
  readonly sourceCluster: Cluster;
  /** Before the source's broker. */
  readonly proxies: readonly FaultProxy[];
  readonly mirror: MirrorProcess;
}

test(
  'four links into one topic: one is cut off for a while and catches up, and does not disturb the others',
  async () => {
    const topic = uniqueName('clean');
    const target = await startKafka({ name: 'mirror-master' });
    onTestFinished(() => target[Symbol.asyncDispose]());
    const started = await Promise.all(places.map((place) => startSource(place)));
    const datacenters: Datacenter[] = [];
    // One after the other: each link takes the target partitions after those of the links before.
    for (const source of started) datacenters.push(await startLink(source, topic, target));
    const [lost, ...others] = datacenters as [Datacenter, ...Datacenter[]];
    const writing = new AbortController();
    onTestFinished(() => writing.abort());
    const written = datacenters.map(({ sourceCluster }) =>
      writeTransactions(sourceCluster, topic, partitions, 1e9, writing.signal),
    );
    for (const each of datacenters) await copiesUpToNow(each, topic);

    for (const proxy of lost.proxies) {
      await proxy.refuse();
      proxy.cut();
    }
    await eventually('the mirror that is cut off is not ready', async () =>
      (await lost.mirror.process.isReady()) ? undefined : true,
    );
    const cutAt = performance.now();
    const atCut = await listOffsets(lost.sourceCluster, topic, [0], 'latest', 'read_uncommitted');
    do {
      for (const each of others) {
        await copiesUpToNow(each, topic);
        await each.mirror.process.untilReady();
      }
    } while (performance.now() < cutAt + cutMs);
    // What it had fetched ahead is copied, nothing else.
    const { position } = (await partitionStates(lost.mirror)).get(`${topic}-0`)!;
    expect(Number(position)).toBeLessThanOrEqual(Number(atCut.get(0)?.offset));

    for (const proxy of lost.proxies) await proxy.pass();
    for (const each of datacenters) await copiesUpToNow(each, topic);
    await lost.mirror.process.untilReady();
    writing.abort();
    await Promise.all(written);
    for (const each of datacenters) {
      await copiesUpToNow(each, topic);
      expect(await each.mirror.stop()).toBe(0);
    }
    for (const { mirror } of others) expect(mirror.log()).not.toContain('"level":"error"');
    const sources = datacenters.map(({ source }) => source);
    const counts = await expectExactCopies(sources, target, topic, partitions.length);
    for (const count of counts) expect(count).toBeGreaterThan(100);
  },
  // Five brokers and four mirrors begin at once.
  3 * testTimeoutMs + 2 * cutMs,
);

async function startSource(place: string): Promise<Omit<Datacenter, 'mirror'>> {
  const proxied = await startProxiedKafka(startKafka, { name: `dc-${place}` });
  onTestFinished(() => proxied[Symbol.asyncDispose]());
  const { kafka: source, proxies } = proxied;
  // The writer is in the datacenter: what cuts the datacenter off does not stop it.
  const sourceCluster = await openCluster({ bootstrap: source.inside, clientId: 'test' });
  onTestFinished(() => sourceCluster[Symbol.asyncDispose]());
  return { source, sourceCluster, proxies };
}

async function startLink(
  datacenter: Omit<Datacenter, 'mirror'>,
  topic: string,
  target: TestKafka,
): Promise<Datacenter> {
  const { source } = datacenter;
  const { env } = await createLink({ source, target }, { topic, partitions: partitions.length });
  return { ...datacenter, mirror: startMirrorProcess(env) };
}

function copiesUpToNow({ mirror, sourceCluster }: Datacenter, topic: string): Promise<void> {
  return copiedUpToNow(mirror, sourceCluster, topic, partitions);
}

import { encodeBatch, openCluster, openTransactionSession, type Cluster } from '@penstock/kafka';
import { uniqueName, type TestKafka } from '@penstock/test-broker';
import kafkajs from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { mirrorCommand, startMirrorProcess, type MirrorEnvironment } from './mirror-process.ts';
import { copiedUpToNow } from './source-writer.ts';
import { createLink, testTimeoutMs, useTwoClusters } from './two-clusters.ts';

// Names that Node cannot see in a CommonJS module from outside.
const { Kafka, logLevel } = kafkajs;

const clusters = useTwoClusters({ harmed: true });

// "Be ready for the loss of A" and "Move them back" of docs/failover.md, with Kafka's own consumer.
test(
  'a cluster is lost: its consumers go on at the other where they were last translated, and return',
  async () => {
    const { source: a, target: b, sourceCluster: clusterA } = clusters;
    await using clusterB = await openCluster({ bootstrap: b.bootstrap, clientId: 'test' });
    const linkA = await createLink(clusters, { partitions: 1, env: { PENSTOCK_MIRROR_NAMING: 'prefix' } });
    const { topic, env: envA } = linkA;
    const envB = {
      ...envA,
      PENSTOCK_MIRROR_LINK: uniqueName('b'),
      PENSTOCK_MIRROR_SOURCE_KAFKA_BOOTSTRAP: b.bootstrap.join(','),
      PENSTOCK_MIRROR_TARGET_KAFKA_BOOTSTRAP: a.bootstrap.join(','),
    };
    await b.createTopic(topic, { partitions: 1 });
    expect(await mirrorCommand(['init'], envB)).toMatchObject({ exitCode: 0 });
    const [lostMirrorA, mirrorB] = [startMirrorProcess(envA), startMirrorProcess(envB)];
    await writeEvents(clusterA, topic, 'A', 0, 10);
    await writeEvents(clusterB, topic, 'B', 0, 10);
    await copiedUpToNow(lostMirrorA, clusterA, topic, [0]);
    await copiedUpToNow(mirrorB, clusterB, topic, [0]);

    // The group works on A. It was translated once, by the timer, and has read three events more since.
    const group = uniqueName('billing');
    await beginAtEarliest(a, group, [topic, `${envB.PENSTOCK_MIRROR_LINK}.${topic}`]);
    const read = await consume(a, group, topic, 12);
    const leaves = await joinIdly(a, group);
    await keepReady(envA, envB, group);
    await leaves();
    await consume(a, group, topic, 3);

    // A is lost, with events that are not copied. A mirror that was only paused may have got them already.
    expect(await lostMirrorA.stop()).toBe(0);
    await writeEvents(clusterA, topic, 'A', 10, 5);
    const [broker] = a.brokers;
    await broker?.kill();
    const mirrorA = startMirrorProcess(envA);
    const status = await mirrorCommand(['status'], envA);
    expect(status).toMatchObject({ exitCode: 0 });
    expect(status.output).toMatch(/ \? +\? +copied/);
    expect((await mirrorCommand(['offsets', '--group', group, '--apply'], envA)).exitCode).toBe(1);
    await writeEvents(clusterB, topic, 'B', 10, 5);
    const unread = [...events('A', 0, 10), ...events('B', 0, 15)].filter((event) => !read.includes(event));
    expect(await consume(b, group, topic, unread.length)).toEqual(unread);

    // A is back, and its rest comes to B. Then the group returns.
    await broker?.start();
    await copiedUpToNow(mirrorA, clusterA, topic, [0]);
    expect(await consume(b, group, topic, 5)).toEqual(events('A', 10, 5));
    await copiedUpToNow(mirrorB, clusterB, topic, [0]);
    for (const [env, ...flags] of [[envA, '--back'], [envB]] as [MirrorEnvironment, ...string[]][]) {
      const back = ['offsets', '--group', group, '--apply', ...flags];
      expect(await mirrorCommand(back, env)).toMatchObject({ exitCode: 0 });
    }
    await writeEvents(clusterA, topic, 'A', 15, 1);
    await writeEvents(clusterB, topic, 'B', 15, 1);
    await copiedUpToNow(mirrorB, clusterB, topic, [0]);
    expect(await consume(a, group, topic, 2)).toEqual(['A 15', 'B 15']);
    for (const mirror of [mirrorA, mirrorB]) expect(await mirror.stop()).toBe(0);
  },
  testTimeoutMs,
);

/**
 * A consumer of the group that reads nothing of what is moved. Settles when the group has it, with what ends
 * it.
 */
async function joinIdly(kafka: TestKafka, group: string): Promise<() => Promise<void>> {
  const topic = uniqueName('idle');
  await kafka.createTopic(topic);
  const client = new Kafka({ brokers: [...kafka.bootstrap], logLevel: logLevel.NOTHING });
  const consumer = client.consumer({ groupId: group });
  onTestFinished(() => consumer.disconnect());
  const joined = Promise.withResolvers<void>();
  consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve());
  await consumer.connect();
  await consumer.subscribe({ topic });
  await consumer.run({ eachMessage: () => Promise.resolve() });
  await joined.promise;
  return () => consumer.disconnect();
}

/** What the timer runs. */
async function keepReady(envA: MirrorEnvironment, envB: MirrorEnvironment, group: string): Promise<void> {
  const command = ['offsets', '--group', group, '--apply'];
  expect(await mirrorCommand(command, envA)).toMatchObject({ exitCode: 0 });
  expect(await mirrorCommand([...command, '--back'], envB)).toMatchObject({ exitCode: 0 });
}

function events(cluster: string, from: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${cluster} ${from + index}`);
}

async function writeEvents(
  cluster: Cluster,
  topic: string,
  name: string,
  from: number,
  count: number,
): Promise<void> {
  await using session = await openTransactionSession(cluster, { transactionalId: uniqueName('writer') });
  const records = events(name, from, count).map((event) => ({
    key: null,
    value: Buffer.from(event),
    timestampMs: Date.now(),
  }));
  session.append(topic, 0, encodeBatch(records));
  await session.commit();
}

async function beginAtEarliest(kafka: TestKafka, group: string, topics: readonly string[]): Promise<void> {
  const which = topics.flatMap((topic) => ['--topic', topic]);
  const reset = ['--reset-offsets', '--to-earliest', '--execute', '--group', group, ...which];
  const { exitCode, stderr } = await kafka.tool('kafka-consumer-groups', reset);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
}

/** The events that a Java consumer of the group reads next: so many, sorted, of both topics. */
async function consume(kafka: TestKafka, group: string, topic: string, count: number): Promise<string[]> {
  const properties = [`group.id=${group}`, 'auto.offset.reset=none'];
  const { stdout, stderr, exitCode } = await kafka.tool(
    'kafka-console-consumer',
    [
      ...['--include', `(.+\\.)?${topic}`, '--isolation-level', 'read_committed'],
      ...['--max-messages', String(count), '--timeout-ms', '120000'],
      ...properties.flatMap((property) => ['--command-property', property]),
    ],
    { timeoutMs: 300_000 },
  );
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  return stdout.toString().trim().split('\n').sort(byNumber);
}

function byNumber(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}

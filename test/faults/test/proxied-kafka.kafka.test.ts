import { type TestKafka, brokerKind, givenBootstrap, startKafka, uniqueName } from '@penstock/test-broker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FaultProxy, type ProxiedKafka, apiKeys, startProxiedKafka } from '../src/index.ts';

describe.skipIf(givenBootstrap() !== undefined || brokerKind() === 'container')(
  'a broker behind a proxy',
  () => {
    let proxied: ProxiedKafka<TestKafka>;
    let kafka: TestKafka;
    let proxy: FaultProxy;

    beforeAll(async () => {
      proxied = await startProxiedKafka(startKafka, { name: 'proxied' });
      kafka = proxied.kafka;
      proxy = proxied.proxies[0] as FaultProxy;
    });
    afterAll(() => proxied[Symbol.asyncDispose]());

    test('clients are told the address of the proxy, and nothing else', async () => {
      const { brokers } = await kafka.admin((admin) => admin.describeCluster());
      expect(brokers.map(({ host, port }) => `${host}:${port}`)).toEqual(proxied.bootstrap);
      expect(kafka.bootstrap).toEqual(proxied.bootstrap);
    });

    test("Java's idempotent producer writes once though its first answer is lost", async () => {
      const trap = proxy.dropNextResponse({ apiKey: apiKeys.produce });
      expect(await written(kafka, ['answered never', 'and another'])).toEqual([
        'answered never',
        'and another',
      ]);
      await trap.struck;
    });

    test('and writes once though its first request does not arrive', async () => {
      const trap = proxy.cutBeforeRequest({ apiKey: apiKeys.produce });
      expect(await written(kafka, ['came later'])).toEqual(['came later']);
      await trap.struck;
    });

    test('the proxy finds its broker again after a restart', async () => {
      await kafka.brokers[0]?.restart();
      expect(await written(kafka, ['after the restart'])).toEqual(['after the restart']);
    });
  },
);

/**
 * Sends the lines to a new topic with acks=all and idempotence, and returns what the console consumer finds
 * there.
 */
async function written(kafka: TestKafka, lines: readonly string[]): Promise<(string | undefined)[]> {
  const topic = uniqueName('proxied');
  await kafka.createTopic(topic);
  const input = lines.map((line) => `${line}\n`).join('');
  const args = [
    '--topic',
    topic,
    '--command-property',
    'acks=all',
    '--command-property',
    'enable.idempotence=true',
  ];
  const output = await kafka.tool('kafka-console-producer', args, { input });
  if (output.exitCode !== 0) throw new Error(output.stderr);
  const records = await kafka.consoleConsume(topic, { partition: 0, timeoutMs: 1_500 });
  return records.map((record) => record.value?.toString());
}

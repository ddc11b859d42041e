import { noSuchTopic } from '@penstock/kafka';
import { sharedKafka, uniqueName, type TestKafka } from '@penstock/test-broker';
import { serviceCommand, ServiceProcess } from '@penstock/test-process';
import { expect, onTestFinished, test, vi } from 'vitest';

// Whole processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000 });
const patience = { timeout: 90_000, interval: 200 };

test('the Receiver says which topic is missing, and refuses one that would lose requests', async () => {
  const kafka = await sharedKafka();
  const topic = uniqueName('readiness');
  const receiver = start('receiver', {
    ...kafkaEnv(kafka),
    PENSTOCK_RECEIVER_RAW_TOPIC: topic,
    PENSTOCK_RECEIVER_DC: 'fra',
    PENSTOCK_RECEIVER_KEY_SALT: 'a-salt-of-32-characters-for-tests',
    PENSTOCK_RECEIVER_LISTEN: '127.0.0.1:0',
    PENSTOCK_RECEIVER_OPERATIONS_LISTEN: '127.0.0.1:0',
  });
  await expect.poll(() => reasonsOf(receiver), patience).toMatch(new RegExp(`starting.*${topic}`));

  const configs = { 'max.message.bytes': '2000000', 'cleanup.policy': 'compact', 'retention.ms': '60000' };
  await kafka.createTopic(topic, { configs });
  const refusals = /cleanup\.policy is compact, needs delete.*retention\.ms is 60000, needs 86400000 or more/;
  await expect.poll(() => reasonsOf(receiver), patience).toMatch(refusals);

  await change(kafka, topic, 'cleanup.policy=delete,retention.ms=-1');
  await expect.poll(() => reasonsOf(receiver), patience).toBe('');
});

test('the Input Filter says which topic is missing, and refuses compacted output', async () => {
  const kafka = await sharedKafka();
  const name = uniqueName('readiness');
  for (const kind of ['raw', 'rejected', 'seen']) {
    const configs = kind === 'rejected' ? { 'max.message.bytes': '1200000' } : {};
    await kafka.createTopic(`${name}.${kind}`, { configs });
  }
  const filter = start('input-filter', {
    ...kafkaEnv(kafka),
    ...Object.fromEntries(
      ['raw', 'clean', 'rejected', 'seen'].map((kind) => [
        `PENSTOCK_FILTER_${kind.toUpperCase()}_TOPIC`,
        `${name}.${kind}`,
      ]),
    ),
    PENSTOCK_FILTER_GROUP: name,
    PENSTOCK_FILTER_INSTANCE: 'readiness',
    PENSTOCK_FILTER_GEOIP_DATABASES: 'none',
    PENSTOCK_FILTER_OPERATIONS_LISTEN: '127.0.0.1:0',
  });
  await expect.poll(() => reasonsOf(filter), patience).toContain(noSuchTopic(`${name}.clean`));

  await kafka.createTopic(`${name}.clean`, { configs: { 'cleanup.policy': 'compact' } });
  const refusal = `topic ${name}.clean: cleanup.policy is compact, needs delete`;
  await expect.poll(() => reasonsOf(filter), patience).toContain(refusal);

  await change(kafka, `${name}.clean`, 'cleanup.policy=delete');
  await expect.poll(() => reasonsOf(filter), patience).toBe('');
});

function start(service: string, env: Record<string, string>): ServiceProcess {
  const process = new ServiceProcess({ name: service, command: serviceCommand(service), env });
  onTestFinished(async () => void (await process.kill()));
  return process;
}

/** What /readyz says, in a line; empty when it is ready. */
async function reasonsOf(process: ServiceProcess): Promise<string> {
  const { operations } = process;
  if (operations === undefined) return 'no listener yet';
  const { reasons } = (await (await fetch(`${operations}/readyz`)).json()) as { reasons: string[] };
  return reasons.join('; ');
}

function kafkaEnv(kafka: TestKafka): Record<string, string> {
  return {
    PENSTOCK_KAFKA_BOOTSTRAP: kafka.bootstrap.join(','),
    PENSTOCK_KAFKA_SINGLE_REPLICA: 'allowed',
  };
}

async function change(kafka: TestKafka, topic: string, settings: string): Promise<void> {
  const { exitCode } = await kafka.tool('kafka-configs', [
    ...['--alter', '--entity-type', 'topics', '--entity-name', topic, '--add-config', settings],
  ]);
  expect(exitCode).toBe(0);
}

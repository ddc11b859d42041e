import { givenBootstrap, startKafka } from '@penstock/test-broker';
import { apiKeys, startProxiedKafka } from '@penstock/test-faults';
import { expect, test } from 'vitest';
import { post, startReceiverProcess } from './receiver-process.ts';

test.skipIf(givenBootstrap())(
  'a Receiver is ready while writes can succeed: not with one of three replicas, again with two',
  async () => {
    await using kafka = await startKafka({ brokers: 3 });
    const topic = 'raw';
    const configs = { 'max.message.bytes': '2000000', 'min.insync.replicas': '2' };
    await kafka.createTopic(topic, { partitions: 4, replicationFactor: 3, configs });
    const receiver = await startReceiverProcess(kafka.bootstrap, {
      RAW_TOPIC: topic,
      DELIVERY_TIMEOUT_MS: '3000',
    });
    const ready = async () => {
      const response = await fetch(`${receiver.operations}/readyz`);
      return { status: response.status, text: await response.text() };
    };
    const writable = async () => {
      const text = await (await fetch(`${receiver.operations}/metrics`)).text();
      return Number(/^penstock_receiver_writable_partitions_ratio(?:\{.*\})? (\S+)/m.exec(text)?.[1]);
    };
    await expect.poll(writable, { timeout: 30_000 }).toBe(1);
    expect((await ready()).status).toBe(200);

    // One away: a quorum of controllers and two replicas are left.
    await kafka.brokers[2]!.kill();
    await expect.poll(async () => (await post(receiver.url, '[1]')).status, { timeout: 60_000 }).toBe(200);
    await expect.poll(async () => (await ready()).status, { timeout: 60_000 }).toBe(200);

    // Without a majority of controllers the metadata stays as it was: only the writes tell.
    await kafka.brokers[1]!.pause();
    const failing = post(receiver.url, '[2]');
    await expect.poll(async () => (await ready()).status, { timeout: 90_000 }).toBe(503);
    expect((await failing).status).toBe(503);

    await kafka.brokers[1]!.resume();
    await expect.poll(async () => (await post(receiver.url, '[3]')).status, { timeout: 90_000 }).toBe(200);
    await expect.poll(async () => (await ready()).status, { timeout: 60_000 }).toBe(200);
  },
  300_000,
);

test.skipIf(givenBootstrap())(
  'a Receiver that is given no producer id waits for it, and says so, for longer than a delivery may take',
  async () => {
    await using proxied = await startProxiedKafka(startKafka, {});
    const { kafka, proxies, bootstrap } = proxied;
    await kafka.createTopic('raw', { partitions: 1, configs: { 'max.message.bytes': '2000000' } });
    // As a broker without its controller, which answers COORDINATOR_LOAD_IN_PROGRESS: everything else works.
    const now: { refusing: boolean; disarm(): void } = { refusing: true, disarm() {} };
    const refuse = async (): Promise<void> => {
      while (now.refusing) {
        const trap = proxies[0]!.cutBeforeRequest({ apiKey: apiKeys.initProducerId });
        now.disarm = () => trap.disarm();
        await trap.struck;
      }
    };
    void refuse();
    const env = { RAW_TOPIC: 'raw', DELIVERY_TIMEOUT_MS: '500' };
    const receiver = await startReceiverProcess(bootstrap, env, 'waiting for Kafka');
    const ready = async () => (await fetch(`${receiver.operations}/readyz`)).text();
    await expect.poll(ready).toContain('InitProducerId: gave up after');
    now.refusing = false;
    now.disarm();
    await receiver.heard('started');
    const { address } = await receiver.heard('taking events');
    expect((await post(`http://${String(address)}`, '[1]')).status).toBe(200);
  },
);

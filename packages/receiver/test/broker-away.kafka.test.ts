import { givenBootstrap, startKafka } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { post, startReceiverProcess, type Posted } from './receiver-process.ts';

const deliveryTimeoutMs = 2_000;

test.skipIf(givenBootstrap())(
  'while the broker hangs or is dead, posts are answered 503 in time, and every 200 has its record',
  async () => {
    await using kafka = await startKafka();
    const topic = 'raw';
    await kafka.createTopic(topic, { partitions: 2, configs: { 'max.message.bytes': '2000000' } });
    const receiver = await startReceiverProcess(kafka.bootstrap, {
      RAW_TOPIC: topic,
      DELIVERY_TIMEOUT_MS: String(deliveryTimeoutMs),
    });
    const broker = kafka.brokers[0]!;
    const posts: Posted[] = [];
    const postSome = async (name: string) => {
      const some = await Promise.all(
        Array.from({ length: 20 }, (_, n) => post(receiver.url, `{"${name}":${n}}`)),
      );
      posts.push(...some);
      return some;
    };
    const untilAcknowledged = async (name: string) => {
      await expect
        .poll(async () => (await postSome(name)).every(({ status }) => status === 200), { timeout: 30_000 })
        .toBe(true);
    };
    const expectRefused = (some: Posted[]) => {
      for (const { status, tookMs } of some) {
        expect(status).toBe(503);
        expect(tookMs).toBeLessThan(deliveryTimeoutMs + 10_000);
      }
    };
    await untilAcknowledged('before');

    await broker.pause();
    expectRefused(await postSome('hanging'));
    await expect
      .poll(async () => (await fetch(`${receiver.operations}/readyz`)).status, { timeout: 20_000 })
      .toBe(503);
    await broker.resume();
    await untilAcknowledged('resumed');

    await broker.kill();
    expectRefused(await postSome('dead'));
    await broker.start();
    await untilAcknowledged('restarted');
    await expect
      .poll(async () => (await fetch(`${receiver.operations}/readyz`)).status, { timeout: 20_000 })
      .toBe(200);

    receiver.terminate();
    expect(await receiver.exited).toBe(0);
    const stored = (await kafka.consoleConsume(topic)).map(({ value }) => value?.toString() ?? '');
    const lost = posts.filter(({ status, body }) => status === 200 && !stored.includes(body));
    expect(lost).toEqual([]);
    const postedTimes = (body: string) => posts.filter((one) => one.body === body).length;
    for (const body of new Set(stored)) {
      expect(stored.filter((one) => one === body).length).toBeLessThanOrEqual(postedTimes(body));
    }
  },
  150_000,
);

import { sharedKafka, uniqueName, type TestKafka } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { post, startReceiverProcess, type Posted } from './receiver-process.ts';

const configs = { 'max.message.bytes': '2000000' };

async function newTopic(kafka: TestKafka, partitions = 4): Promise<string> {
  const topic = uniqueName('raw');
  await kafka.createTopic(topic, { partitions, configs });
  return topic;
}

const textOf = (value: Buffer | null) => value?.toString() ?? '';
const acknowledged = (posts: readonly Posted[]) =>
  posts.filter(({ status }) => status === 200).map(({ body }) => body);

test('a request is in Kafka as it came, with what it was, when it is answered 200', async () => {
  const kafka = await sharedKafka();
  const topic = await newTopic(kafka);
  const receiver = await startReceiverProcess(kafka.bootstrap, { RAW_TOPIC: topic, TRUSTED_PROXY_HOPS: '1' });
  const headers = {
    'x-partition-key': 'device-7',
    'x-forwarded-for': '198.51.100.7',
    'user-agent': 'shop/1.2',
  };
  const response = await fetch(`${receiver.url}/v3/batch`, {
    method: 'POST',
    body: '{"events" : [\u0001'.concat('ä]}'),
    headers: { 'content-type': 'application/json', ...headers },
  });
  const answer = (await response.json()) as { request_id: string };
  expect(response.status).toBe(200);
  const [record, ...more] = await kafka.consoleConsume(topic, { maxMessages: 1 });
  expect(more).toEqual([]);
  expect(textOf(record!.value)).toBe('{"events" : [\u0001ä]}');
  expect(textOf(record!.key)).toBe('default:device-7');
  expect(Object.fromEntries(record!.headers.map(([name, value]) => [name, textOf(value)]))).toEqual({
    'request-id': answer.request_id,
    'received-at': String(record!.timestampMs),
    'format-hint': '3',
    dc: 'fra',
    receiver: 'receiver-1',
    tenant: 'default',
    'content-type': 'application/json',
    'client-ip': '198.51.100.7',
    'user-agent': 'shop/1.2',
  });
});

test('concurrent posts are as many records, each whole, and a retry meets its original', async () => {
  const kafka = await sharedKafka();
  const topic = await newTopic(kafka);
  const receiver = await startReceiverProcess(kafka.bootstrap, { RAW_TOPIC: topic });
  const bodies = Array.from({ length: 400 }, (_, n) =>
    JSON.stringify({ n, text: 'x'.repeat((n * 97) % 5_000) }),
  );
  const posts = await Promise.all(bodies.map((body) => post(receiver.url, body)));
  expect(posts.filter(({ status }) => status !== 200)).toEqual([]);
  await post(receiver.url, bodies[7]!);
  const records = await kafka.consoleConsume(topic, { maxMessages: 401 });
  expect(records.map(({ value }) => textOf(value)).toSorted()).toEqual([...bodies, bodies[7]!].toSorted());
  const tries = records.filter(({ value }) => textOf(value) === bodies[7]);
  expect(new Set(tries.map(({ partition }) => partition)).size).toBe(1);
  expect(new Set(records.map(({ partition }) => partition)).size).toBe(4);
});

test('SIGTERM under load: not ready at once, exit 0, and every 200 is in Kafka', async () => {
  const kafka = await sharedKafka();
  const topic = await newTopic(kafka);
  const receiver = await startReceiverProcess(kafka.bootstrap, { RAW_TOPIC: topic, STOP_LINGER_MS: '8000' });
  const posts: Posted[] = [];
  const now = { ended: false };
  const sender = async (name: number) => {
    for (let n = 0; !now.ended; n += 1) posts.push(await post(receiver.url, `{"sender":${name},"n":${n}}`));
  };
  const senders = Array.from({ length: 20 }, (_, name) => sender(name));
  await expect.poll(() => posts.length).toBeGreaterThan(100);
  receiver.terminate();
  await receiver.heard('stopping');
  const before = acknowledged(posts).length;
  const ready = await fetch(`${receiver.operations}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([503, { ready: false, reasons: ['stopping'] }]);
  expect((await post(receiver.url, '{"late":true}')).status).toBe(200);
  expect(await receiver.exited).toBe(0);
  now.ended = true;
  await Promise.all(senders);
  expect(acknowledged(posts).length).toBeGreaterThan(before);
  const records = await kafka.consoleConsume(topic);
  const stored = records.map(({ value }) => textOf(value)).toSorted();
  expect(new Set(stored).size).toBe(stored.length);
  expect(acknowledged(posts).filter((body) => !stored.includes(body))).toEqual([]);
});

test('a topic that cannot keep the promise is told by /readyz, and nothing is answered 200', async () => {
  const kafka = await sharedKafka();
  const topic = uniqueName('raw');
  await kafka.createTopic(topic, { configs: { 'max.message.bytes': '5000' } });
  const receiver = await startReceiverProcess(kafka.bootstrap, {
    RAW_TOPIC: topic,
    PENSTOCK_KAFKA_SINGLE_REPLICA: 'refused',
  });
  const ready = await fetch(`${receiver.operations}/readyz`);
  const { reasons } = (await ready.json()) as { reasons: string[] };
  expect(ready.status).toBe(503);
  const told = reasons.join('\n');
  expect(told).toContain(`topic ${topic}: replication factor is 1, needs 3`);
  expect(told).toContain(`topic ${topic}: max.message.bytes is 5000, needs 1069056 or more`);
  expect(await post(receiver.url, '{}')).toMatchObject({ status: 503, code: 'topic-unfit' });
});

test('it waits for a topic that is made after its start', async () => {
  const kafka = await sharedKafka();
  const topic = uniqueName('raw');
  const receiver = await startReceiverProcess(
    kafka.bootstrap,
    { RAW_TOPIC: topic },
    'operations listener is open',
  );
  expect((await fetch(`${receiver.operations}/readyz`)).status).toBe(503);
  await kafka.createTopic(topic, { configs });
  await receiver.heard('started');
  expect((await fetch(`${receiver.operations}/readyz`)).status).toBe(200);
});

test('two Receivers share an address when both are told to, else the port is taken', async () => {
  const kafka = await sharedKafka();
  const topic = await newTopic(kafka);
  const first = await startReceiverProcess(kafka.bootstrap, { RAW_TOPIC: topic, REUSE_PORT: 'true' });
  const address = first.url.replace('http://', '');
  const alone = await startReceiverProcess(kafka.bootstrap, { RAW_TOPIC: topic, LISTEN: address }, 'failed');
  expect(await alone.exited).toBe(1);
  expect(alone.logged()).toContain(
    `cannot listen on ${address} (PENSTOCK_RECEIVER_LISTEN): the port is taken`,
  );
  const second = await startReceiverProcess(kafka.bootstrap, {
    RAW_TOPIC: topic,
    REUSE_PORT: 'true',
    LISTEN: address,
  });
  first.terminate();
  expect(await first.exited).toBe(0);
  expect(await post(second.url, '{}')).toMatchObject({ status: 200 });
});

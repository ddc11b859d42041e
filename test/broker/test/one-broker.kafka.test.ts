import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestBroker, type TestKafka, givenBootstrap, startKafka, uniqueName } from '../src/index.ts';
import { produceLines } from './produce-lines.fixture.ts';

describe.skipIf(givenBootstrap())('one broker of our own', () => {
  let kafka: TestKafka;
  let broker: TestBroker;

  beforeAll(async () => {
    kafka = await startKafka({ name: 'one' });
    broker = kafka.brokers[0] as TestBroker;
  });
  afterAll(() => kafka[Symbol.asyncDispose]());

  test('what it acknowledged is there after SIGKILL and after SIGTERM, on the same port', async () => {
    const topic = uniqueName('kept');
    await kafka.createTopic(topic);
    await produceLines(kafka, topic, ['before the kill']);
    const { port } = broker;

    await broker.kill();
    expect(broker.pid).toBeUndefined();
    await broker.start();
    expect(broker.port).toBe(port);
    await produceLines(kafka, topic, ['after the kill']);
    await broker.restart();

    const records = await kafka.consoleConsume(topic, { partition: 0, maxMessages: 2, timeoutMs: 20_000 });
    expect(records.map(({ offset, value }) => [offset, value?.toString()])).toEqual([
      [0n, 'before the kill'],
      [1n, 'after the kill'],
    ]);
  });

  test('while it is paused connections open and nothing is answered; resumed, it goes on', async () => {
    const socket = connect({ host: '127.0.0.1', port: broker.port });
    let answeredBytes = 0;
    socket.on('data', (chunk: Buffer) => (answeredBytes += chunk.length));
    await broker.pause();
    // ApiVersions version 0, correlation id 1, no client id.
    socket.write(Buffer.from('0000000a0012000000000001ffff', 'hex'));
    await sleep(300);
    expect(socket.readyState).toBe('open');
    expect(answeredBytes).toBe(0);

    await broker.resume();
    await expect.poll(() => answeredBytes).toBeGreaterThan(0);
    socket.destroy();
  });

  test('a paused broker can be stopped', async () => {
    await broker.pause();
    await broker.stop();
    expect(broker.pid).toBeUndefined();
    expect(broker.logTail()).toContain('App info kafka.server for 1 unregistered');
    await broker.start();
  });

  test('a broker that cannot start says why', async () => {
    const starting = startKafka({ name: 'wrong', settings: { 'log.segment.bytes': 'many' } });
    await expect(starting).rejects.toThrow(/ended while starting[^]*many/);
  });
});

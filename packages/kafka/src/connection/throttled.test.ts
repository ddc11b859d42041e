import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { defineRequest } from '../requests/define.ts';
import { BrokerConnections } from './broker-connections.ts';

const request = defineRequest(
  100,
  0,
  () => [Buffer.alloc(1)],
  (reader) => reader.readThrottleMs(),
  { flexibleResponseHeader: false },
);

test('a throttled connection sends nothing until its time is over; no request times out for it', async () => {
  // As a broker does: it answers at once, and then reads nothing for as long as it said.
  const { connections, arrivedAt, throttled } = await begin({ throttleMs: 600, requestTimeoutMs: 300 });
  await connections.call(1, request);
  const toldAt = performance.now();
  expect(connections.throttledForMs(1)).toBeGreaterThan(300);
  await Promise.all([connections.call(1, request), connections.call(1, request)]);
  expect(arrivedAt[1]! - toldAt).toBeGreaterThan(500);
  expect(throttled[0]).toBe(600);
});

test('closing a throttled connection ends what waits for it', async () => {
  const { connections } = await begin({ throttleMs: 60_000, requestTimeoutMs: 300 });
  await connections.call(1, request);
  const waiting = connections.call(1, request);
  await new Promise((resolve) => setImmediate(resolve));
  connections[Symbol.dispose]();
  await expect(waiting).rejects.toMatchObject({ code: 'CONNECTION', sent: false });
});

/** A peer that answers its first request with a throttle. */
async function begin({ throttleMs, requestTimeoutMs }: { throttleMs: number; requestTimeoutMs: number }) {
  const arrivedAt: number[] = [];
  const throttled: number[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data: Buffer) => {
      for (let at = 0; at < data.length; at += 4 + data.readInt32BE(at)) {
        arrivedAt.push(performance.now());
        const answer = Buffer.alloc(12);
        answer.writeInt32BE(8, 0);
        answer.writeInt32BE(data.readInt32BE(at + 8), 4);
        answer.writeInt32BE(arrivedAt.length === 1 ? throttleMs : 0, 8);
        socket.write(answer);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const onThrottled = (ms: number) => void throttled.push(ms);
  const options = { clientId: 'throttle-test', connectTimeoutMs: 3_000, requestTimeoutMs, onThrottled };
  const connections = new BrokerConnections(
    'test',
    () => ({ host: '127.0.0.1', port }),
    options,
    () => undefined,
  );
  onTestFinished(() => {
    connections[Symbol.dispose]();
    server.close();
  });
  return { connections, arrivedAt, throttled };
}

import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { defineRequest } from '../requests/define.ts';
import { BrokerConnections } from './broker-connections.ts';

test('calls on a connection that has to be opened again are sent in the order of calling', async () => {
  const { connections, keys, sockets } = await begin();
  await connections.call(1, request(100));
  const [socket] = sockets;
  const gone = once(socket!, 'close');
  socket!.destroy();
  await gone;
  await new Promise((resolve) => setTimeout(resolve, 50));
  const first = connections.call(1, request(101));
  await new Promise<void>((resolve) => process.nextTick(resolve)); // the connection is still being opened
  const second = connections.call(1, request(102));
  await Promise.all([first, second]);
  expect(keys).toEqual([100, 101, 102]);
});

test.each([
  ['nobody listens', (): void => undefined, {}],
  [
    'the broker closes in the middle of the authentication',
    (socket: Socket): void => void socket.once('data', () => socket.destroy()),
    { sasl: { mechanism: 'PLAIN', username: 'u', password: 'p' } as const },
  ],
])('when %s, the error says that the request was not sent', async (what, onSocket, extra) => {
  const server = createServer(onSocket).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  if (what === 'nobody listens') await new Promise((resolve) => server.close(resolve));
  const options = { clientId: 'unsent', connectTimeoutMs: 3_000, requestTimeoutMs: 3_000, ...extra };
  using connections = new BrokerConnections(
    'test',
    () => ({ host: '127.0.0.1', port }),
    options,
    () => undefined,
  );
  onTestFinished(() => void server.close());
  const failed = { code: 'CONNECTION', sent: false, retryable: true };
  await expect(connections.call(1, request(100))).rejects.toMatchObject(failed);
});

function request(key: number) {
  return defineRequest(
    key,
    0,
    () => [Buffer.alloc(1)],
    () => key,
    { flexibleResponseHeader: false },
  );
}

/** A peer that answers every request with nothing but its correlation id, and notes the api keys in order. */
async function begin() {
  const keys: number[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data: Buffer) => {
      for (let at = 0; at < data.length; at += 4 + data.readInt32BE(at)) {
        keys.push(data.readInt16BE(at + 4));
        const answer = Buffer.alloc(8);
        answer.writeInt32BE(4, 0);
        answer.writeInt32BE(data.readInt32BE(at + 8), 4);
        socket.write(answer);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const options = { clientId: 'connections-test', connectTimeoutMs: 3_000, requestTimeoutMs: 3_000 };
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
  return { connections, keys, sockets };
}

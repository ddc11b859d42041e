import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { hostileLengths, tries, triesTimeoutMs } from '../../test/damage.fixture.ts';
import { endTxnRequest } from '../requests/transaction.ts';
import { Connection } from './connection.ts';
import { KafkaError } from '../errors/errors.ts';

// Whoever is at the other end: a call is answered or fails, soon, and takes the connection with it when the
// stream is lost.

const requestTimeoutMs = 300;

test.each<[string, (correlationId: Buffer) => Buffer, string]>([
  ['an answer to another request', () => framed(Buffer.from('7fffffff', 'hex')), 'CONNECTION'],
  ['a frame without a correlation id', () => Buffer.from('0000000101', 'hex'), 'CONNECTION'],
  ['an answer without a body', (id) => framed(id), 'MALFORMED_RESPONSE'],
  ['an answer that is cut off', (id) => framed(Buffer.concat([id, Buffer.alloc(10)])), 'MALFORMED_RESPONSE'],
  ['bytes after the answer', (id) => framed(Buffer.concat([id, Buffer.alloc(40)])), 'MALFORMED_RESPONSE'],
  [
    'half of a frame, and then silence',
    (id) => framed(Buffer.concat([id, Buffer.alloc(30)])).subarray(0, 20),
    'TIMEOUT',
  ],
  ['a page', () => Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'), 'CONNECTION'],
  ['a TLS alert', () => Buffer.from('15030300020250', 'hex'), 'TLS'],
])('%s', async (_, answerTo, code) => {
  const { connection } = await connectedTo(answerTo);
  await expect(endTxn(connection)).rejects.toMatchObject({ name: 'KafkaError', code });
  expect(connection.open).toBe(code === 'MALFORMED_RESPONSE');
});

test('any bytes at all end in an answer or a KafkaError', { timeout: triesTimeoutMs + 20_000 }, async () => {
  const anything = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 60 }),
    fc.constantFrom(...hostileLengths),
    fc.uint8Array({ minLength: 18, maxLength: 40 }).map((body) => framed(Buffer.from(body))),
  );
  const { connect, say } = await peer();
  await fc.assert(
    fc.asyncProperty(anything, fc.boolean(), async (bytes, withId) => {
      say((id) => (withId ? framed(Buffer.concat([id, bytes])) : Buffer.from(bytes)), { thenEnd: true });
      const connection = await connect();
      const outcome = await endTxn(connection).catch((error: unknown) => error);
      expect(outcome instanceof KafkaError || typeof (outcome as { code: unknown }).code === 'string').toBe(
        true,
      );
      connection.close();
    }),
    tries,
  );
});

function endTxn(connection: Connection): Promise<{ code: string }> {
  return connection.call(endTxnRequest, ['id', 1n, 0, true]);
}

function framed(body: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

async function connectedTo(answerTo: (correlationId: Buffer) => Buffer): Promise<{ connection: Connection }> {
  const { connect, say } = await peer();
  say(answerTo, { thenEnd: false });
  return { connection: await connect() };
}

/** A server that answers every request with what it was told to say. */
async function peer() {
  let answer = { to: (id: Buffer): Buffer => id, thenEnd: false };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (data: Buffer) => {
      socket.write(answer.to(data.subarray(8, 12)));
      if (answer.thenEnd) socket.end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    connect: () =>
      Connection.open('127.0.0.1', port, { clientId: 'test', connectTimeoutMs: 1_000, requestTimeoutMs }),
    say(to: (id: Buffer) => Buffer, { thenEnd }: { thenEnd: boolean }): void {
      answer = { to, thenEnd };
    },
  };
}

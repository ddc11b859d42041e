import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { Readable } from 'node:stream';

/** What a relay stands between: who sends it so many bytes, and who takes them. */
export interface EndsOfRelay extends AsyncDisposable {
  source: string;
  target: string;
}

export async function openEndsOfRelay(bytes: number): Promise<EndsOfRelay> {
  const source = createServer((socket) => {
    socket.on('error', () => undefined);
    Readable.from(blocksOf(bytes)).pipe(socket);
  });
  const target = createServer({ allowHalfOpen: false }, (socket) => {
    socket.on('error', () => undefined);
    socket.resume();
  });
  const sockets = new Set<Socket>();
  for (const server of [source, target]) server.on('connection', (socket: Socket) => sockets.add(socket));
  const [sourceAddress, targetAddress] = await Promise.all([source, target].map(listen));
  return {
    source: sourceAddress ?? '',
    target: targetAddress ?? '',
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      source.close();
      target.close();
    },
  };
}

function* blocksOf(bytes: number): Generator<Buffer> {
  const block = Buffer.alloc(512 * 1024);
  for (let left = bytes; left > 0; left -= block.length)
    yield block.subarray(0, Math.min(left, block.length));
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

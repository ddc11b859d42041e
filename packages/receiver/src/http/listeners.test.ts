import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Listeners } from './listeners.ts';

const request = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';

interface Served {
  server: Server;
  listeners: Listeners;
  port: number;
}

const canShare = process.platform === 'linux';

async function serve(
  listener: RequestListener,
  { max, port: wanted = 0, reusePort = canShare }: { max?: number; port?: number; reusePort?: boolean } = {},
): Promise<Served> {
  const server = createServer(listener);
  if (max !== undefined) server.maxConnections = max;
  const listen = { address: '127.0.0.1', port: wanted };
  const listeners = await Listeners.open(server, { listen, knob: 'LISTEN', reusePort, backlog: 100 });
  onTestFinished(() => listeners[Symbol.dispose]());
  return { server, listeners, port: listeners.address.port };
}

async function connectTo({ port }: Served): Promise<{ socket: Socket; said(): string }> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  onTestFinished(() => void socket.destroy());
  let said = '';
  socket.on('data', (text: string) => (said += text)).on('error', (error) => (said += error.message));
  await once(socket, 'connect');
  return { socket, said: () => said };
}

test('who is connected when the listeners close is still answered, who comes later is refused', async () => {
  const served = await serve((_, response) => void response.end('ok'));
  const { server, listeners, port } = served;
  const kept = await connectTo(served);
  kept.socket.write(request);
  await expect.poll(kept.said).toMatch(/ok$/);
  const fresh = await connectTo(served);
  const closing = await listeners.close();
  const late = connect(port, '127.0.0.1');
  expect(await once(late, 'error')).toMatchObject([{ code: 'ECONNREFUSED' }]);
  expect(await listeners.connections()).toBe(2);
  for (const { socket } of [kept, fresh]) socket.write(request);
  await expect.poll(fresh.said).toMatch(/ok$/);
  await expect.poll(() => kept.said().match(/ok/g)).toHaveLength(2);
  server.closeIdleConnections();
  await closing.ended;
  expect(await listeners.connections()).toBe(0);
});

test('who has connected a moment before is accepted first', async () => {
  const { listeners, port } = await serve((_, response) => void response.end('ok'));
  const ends = Array.from({ length: 50 }, async () => {
    const socket = connect(port, '127.0.0.1');
    socket.end(request.replace('host', 'connection: close\r\nhost'));
    return (
      await once(
        socket.resume().on('error', () => {}),
        'close',
      )
    )[0] as boolean;
  });
  await listeners.close();
  expect(await Promise.all(ends)).toEqual(ends.map(() => false));
});

test.runIf(canShare)('of many that come at once, a turn accepts several', async () => {
  const { server, port } = await serve((_, response) => void response.end('ok'));
  let accepted = 0;
  server.on('connection', () => (accepted += 1));
  for (let n = 0; n < 100; n++) {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    onTestFinished(() => void socket.destroy());
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(accepted).toBeGreaterThan(20);
});

test('the limit of connections is that of all listeners together', async () => {
  const served = await serve((_, response) => void response.end('ok'), { max: 20 });
  const { server, listeners } = served;
  let dropped = 0;
  server.on('drop', () => (dropped += 1));
  const clients = await Promise.all(Array.from({ length: 60 }, () => connectTo(served)));
  await expect.poll(() => dropped).toBe(40);
  expect(await listeners.connections()).toBe(20);
  for (const { socket } of clients) socket.destroy();
  await expect.poll(() => listeners.connections()).toBe(0);
  const later = await connectTo(served);
  later.socket.write(request);
  await expect.poll(later.said).toMatch(/ok$/);
});

test('an address that is not shared is taken', async () => {
  const { port } = await serve((_, response) => void response.end('ok'), { reusePort: false });
  await expect(serve(() => {}, { port })).rejects.toThrow(
    `cannot listen on 127.0.0.1:${port} (LISTEN): the port is taken`,
  );
});

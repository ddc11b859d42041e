import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { request } from 'node:http';
import { onTestFinished, expect, test, vi } from 'vitest';
import { Metrics } from '../metrics.ts';
import { startOperations } from './operations.ts';
import type { PostPage } from './post-page.ts';

// What takes seconds by itself takes more on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const start = (status: () => object, metrics = new Metrics('x')) =>
  startOperations({
    listen: { address: '127.0.0.1', port: 0 },
    knob: 'PENSTOCK_X_OPERATIONS_LISTEN',
    hosts: ['metrics.example.com'],
    metrics,
    notReady: () => ['Kafka does not answer'],
    status,
  });

test.each([
  ['GET', '/nowhere', 404, '/livez /readyz /metrics /status'],
  ['GET', '/constructor', 404, '/livez /readyz /metrics /status'],
  ['GET', '/livez?x=1', 200, 'ok'],
  ['POST', '/livez', 405, 'GET only'],
  ['GET', '/readyz', 503, 'Kafka does not answer'],
  ['GET', '/status', 200, '"offset": "12345678901234567890"'],
])('%s %s is answered %i', async (method, path, status, text) => {
  await using operations = await start(() => ({ offset: 12345678901234567890n }));
  const response = await fetch(`http://127.0.0.1:${operations.address.port}${path}`, { method });
  expect(response.status).toBe(status);
  expect(await response.text()).toContain(text);
});

const posting = (page: PostPage) =>
  startOperations({
    listen: { address: '127.0.0.1', port: 0 },
    knob: 'PENSTOCK_X_OPERATIONS_LISTEN',
    ...{ hosts: [], metrics: new Metrics('x'), notReady: () => [], status: () => ({}) },
    post: () => ({ '/ask': page }),
  });

test('a question with a body is answered by its page, and has limits', async () => {
  const asked: string[] = [];
  await using operations = await posting({
    bodyBytesMax: 10,
    async answer({ query, body }) {
      asked.push(`${query.get('of')} ${body.toString()}`);
      return { status: 200, body: '{}' };
    },
  });
  const url = `http://127.0.0.1:${operations.address.port}/ask`;
  const post = (body: RequestInit['body'], headers = {}) =>
    fetch(`${url}?of=x`, { method: 'POST', body, headers, duplex: 'half' } as RequestInit);
  expect((await post('0123456789')).status).toBe(200);
  expect((await post('0123456789a')).status).toBe(413);
  const unsaid = new Blob(['0123456789a']).stream(); // chunked: its length is not said
  expect((await post(unsaid)).status).toBe(413);
  expect((await post('x', { origin: 'https://evil.example' })).status).toBe(403);
  const got = await fetch(url);
  expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
  expect(asked).toEqual(['x 0123456789']);
});

test('a page that fails is 500, and a body that never comes ends with its connection', async () => {
  await using operations = await posting({
    bodyBytesMax: 10,
    answer: () => Promise.reject(new Error('not now')),
  });
  const { port } = operations.address;
  expect((await fetch(`http://127.0.0.1:${port}/ask`, { method: 'POST', body: 'x' })).status).toBe(500);
  const socket = await opened(port);
  const closed = once(socket, 'close');
  socket.write('POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nab');
  await closed;
  expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
});

test('a status that cannot be told is 500, and the next question is answered', async () => {
  let broken = true;
  await using operations = await start(() => {
    if (broken) throw new Error('not now');
    return {};
  });
  const url = `http://127.0.0.1:${operations.address.port}`;
  expect((await fetch(`${url}/status`)).status).toBe(500);
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  broken = false;
  expect((await fetch(`${url}/status`)).status).toBe(200);
});

test.each([
  ['evil.example', 421],
  ['metrics.example.com', 200],
  ['127.0.0.1', 200],
])('a request for the host %s is answered %i', async (host, status) => {
  await using operations = await start(() => ({}));
  const { port } = operations.address;
  const asked = request({ host: '127.0.0.1', port, path: '/status', headers: { host } }).end();
  const [response] = (await once(asked, 'response')) as [{ statusCode: number; resume(): void }];
  response.resume();
  expect(response.statusCode).toBe(status);
});

test('however many scrapes are pipelined, metrics are made ten times a second at most', async () => {
  const metrics = new Metrics('x');
  let made = 0;
  metrics.gaugeOf('made', 'How often it was asked.', () => (made += 1));
  await using operations = await start(() => ({}), metrics);
  const { port } = operations.address;
  const beganAt = performance.now();
  const sockets = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const socket = await opened(port);
      socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(50));
      let text = '';
      socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
      while (text.split('HTTP/1.1 200').length <= 50) await once(socket, 'data');
      return socket;
    }),
  );
  for (const socket of sockets) socket.destroy();
  expect(made).toBeLessThanOrEqual((performance.now() - beganAt) / 100 + 1);
});

test('connections that never finish a request are few, and short', async () => {
  await using operations = await start(() => ({}));
  const { port } = operations.address;
  const sockets = await Promise.all(Array.from({ length: 300 }, () => opened(port)));
  // Not once(): it would take a reset for a failure.
  const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
  for (const socket of sockets) socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
  // All of them: most at once, because they are too many, the others because they take too long.
  await Promise.all(closed);
  expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
});

async function opened(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  return socket.resume();
}

import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Heard {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** By the clock of performance.now(). */
  readonly atMs: number;
}

/**
 * Whoever stands between a client and the Receiver, until the test ends: answers each POST by the next of
 * `answers`, which are the bytes on the wire, and closes the connection. When they are used up, as the
 * Receiver does. Pages of all origins may read it.
 */
export async function startStranger(answers: readonly string[]): Promise<{ url: string; heard: Heard[] }> {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      if (request.method !== 'POST') return response.writeHead(204, openToAll).end();
      const answer = answers[heard.length];
      heard.push({ headers: request.headers, body, atMs: performance.now() });
      if (answer !== undefined) return request.socket.end(answer);
      const stored = { request_id: '031a4396-c053-46ad-ac96-9ab7947eb304', bytes: body.length };
      response.writeHead(200, { ...openToAll, 'content-type': 'application/json' });
      return response.end(JSON.stringify(stored));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

const openToAll = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': '*',
  'access-control-expose-headers': '*',
};

/** The bytes of an answer. @param sentBytes fewer than the body has: the connection is cut amid it. */
export function answerOf(
  status: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  sentBytes = body.length,
): string {
  const all = { ...openToAll, connection: 'close', 'content-length': String(body.length), ...headers };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${head.join('')}\r\n${body.slice(0, sentBytes)}`;
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface Seen {
  headers: IncomingMessage['headers'];
  body: string;
  /** As they stand in the body. */
  events: { event_id: string; event_type: string; properties?: Record<string, unknown> }[];
}

type Script = (seen: Seen, response: ServerResponse, nth: number) => void;

/** What stands where a Receiver should: it answers as the test says, like a proxy, a portal, a Receiver. */
export async function startScripted(script: Script): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { events } = JSON.parse(body) as Pick<Seen, 'events'>;
      const one = { headers: request.headers, body, events };
      script(one, response, seen.push(one));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

export function stored(response: ServerResponse, { body }: Seen): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ request_id: '031a4396-c053-46ad-ac96-9ab7947eb304', bytes: body.length }));
}

/** As the Receiver says it. */
export function problem(
  response: ServerResponse,
  status: number,
  code: string,
  retryable: boolean,
  headers: Record<string, string> = {},
  more: { detail?: string } = {},
): void {
  response.writeHead(status, { 'content-type': 'application/problem+json', ...headers });
  response.end(JSON.stringify({ type: 'about:blank', title: 'A title', status, code, retryable, ...more }));
}

export const html = (response: ServerResponse, status: number): void =>
  void response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>Welcome to the hotel</h1>');

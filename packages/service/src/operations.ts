import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Listen } from './knobs.ts';
import { listenOn } from './listen-on.ts';
import type { Metrics } from './metrics.ts';

export interface OperationsOptions {
  listen: Listen;
  /** The name of the knob behind `listen`, for the error when the port is taken. */
  knob: string;
  metrics: Metrics;
  /** Why the service is not ready; empty means ready. */
  notReady(): readonly string[];
  /** Anything worth a look; serialised as JSON (bigint as text). */
  status(): object;
}

export interface Operations extends AsyncDisposable {
  readonly address: Listen;
}

/**
 * The listener for operators, apart from the one for clients:
 * `/livez` (200: the event loop turns), `/readyz` (200 or 503 with the reasons), `/metrics`, `/status`.
 */
export async function startOperations(o: OperationsOptions): Promise<Operations> {
  const server = createServer((request, response) => {
    answer(o, request.method ?? '', request.url ?? '', response).catch((error: unknown) => {
      // A failed look at the service must not end the service.
      if (!response.headersSent) send(response, 500, 'text/plain', `${String(error)}\n`);
      else response.destroy();
    });
  });
  server.requestTimeout = 10_000;
  server.keepAliveTimeout = 5_000;
  await listenOn(server, o.listen, o.knob);
  const { address, port } = server.address() as AddressInfo;
  return {
    address: { address, port },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  o: OperationsOptions,
  method: string,
  url: string,
  response: ServerResponse,
): Promise<void> {
  if (method !== 'GET' && method !== 'HEAD') return send(response, 405, 'text/plain', 'GET only\n');
  switch (url.split('?', 1)[0]) {
    case '/livez':
      return send(response, 200, 'text/plain', 'ok\n');
    case '/readyz': {
      const reasons = o.notReady();
      return sendJson(response, reasons.length === 0 ? 200 : 503, { ready: reasons.length === 0, reasons });
    }
    case '/metrics':
      return send(response, 200, o.metrics.contentType, await o.metrics.exposition());
    case '/status':
      return sendJson(response, 200, o.status());
    default:
      return send(response, 404, 'text/plain', '/livez /readyz /metrics /status\n');
  }
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  const text = JSON.stringify(
    value,
    (_, field: unknown) => (typeof field === 'bigint' ? String(field) : field),
    2,
  );
  send(response, status, 'application/json', `${text}\n`);
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body);
}

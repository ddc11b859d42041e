import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answersTo } from './host-names.ts';
import type { Listen } from '../config/knobs.ts';
import { listenOn } from './listen-on.ts';
import type { Metrics } from '../metrics.ts';
import { answerPost, type PostPages } from './post-page.ts';
import { shared } from './shared-answer.ts';

export interface OperationsOptions {
  listen: Listen;
  /** The name of the knob behind `listen`, for the error when the port is taken. */
  knob: string;
  /** Names of this machine that are taken as Host, beside those that are taken in any case. */
  hosts: readonly string[];
  metrics: Metrics;
  /** Why the service is not ready; empty means ready. */
  notReady(): readonly string[];
  /** Anything worth a look; serialised as JSON (bigint as text). */
  status(): object;
  /** Questions that the service answers now, beside these. */
  post?(): PostPages;
}

export interface Operations extends AsyncDisposable {
  readonly address: Listen;
}

/**
 * Whoever reaches this listener, by mistake or not, must not slow down what the process is for: few
 * connections, little time for each, and costly answers made at most ten times a second, whoever asks.
 */
const limits = {
  connections: 64,
  headerBytes: 8 * 1024,
  /** From the first byte to the last of a request; a probe sends all of it at once. */
  requestMs: 3_000,
  /** A connection on which nothing moves. */
  idleMs: 5_000,
  /** How often the above are looked at. */
  checkMs: 500,
  answerAgeMs: 100,
};

/**
 * The listener for operators, apart from the one for clients:
 * `/livez` (200: the event loop turns), `/readyz` (200 or 503 with the reasons), `/metrics`, `/status`.
 */
export async function startOperations(o: OperationsOptions): Promise<Operations> {
  const pages = pagesOf(o);
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.requestMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.checkMs,
      keepAliveTimeout: limits.idleMs,
    },
    (request, response) => {
      answer(request, response, pages, o).catch((error: unknown) => {
        // A failed look at the service must not end the service.
        if (!response.headersSent) send(response, 500, 'text/plain', `${String(error)}\n`);
        else response.destroy();
      });
    },
  );
  server.maxConnections = limits.connections;
  server.timeout = limits.idleMs;
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

interface Page {
  status: number;
  contentType: string;
  body: string | Buffer;
}

type Pages = Readonly<Record<string, () => Page | Promise<Page>>>;

function pagesOf(o: OperationsOptions): Pages {
  const metrics = shared(limits.answerAgeMs, async () => Buffer.from(await o.metrics.exposition()));
  const status = shared(limits.answerAgeMs, async () => Buffer.from(jsonOf(o.status())));
  return {
    '/livez': () => ({ status: 200, contentType: 'text/plain', body: 'ok\n' }),
    '/readyz': () => {
      const reasons = o.notReady();
      const ready = reasons.length === 0;
      return { status: ready ? 200 : 503, contentType: 'application/json', body: jsonOf({ ready, reasons }) };
    },
    '/metrics': async () => ({ status: 200, contentType: o.metrics.contentType, body: await metrics() }),
    '/status': async () => ({ status: 200, contentType: 'application/json', body: await status() }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  pages: Pages,
  o: Pick<OperationsOptions, 'hosts' | 'post'>,
): Promise<void> {
  const { method = '', url = '', headers } = request;
  const path = url.split('?', 1)[0] ?? '';
  const posts = o.post?.() ?? {};
  const post = Object.hasOwn(posts, path) ? posts[path] : undefined;
  const allowed = post === undefined ? ['GET', 'HEAD'] : ['POST'];
  // A body that nobody asked for is not waited for.
  if (method !== 'GET' && method !== 'HEAD') response.setHeader('connection', 'close');
  if (!allowed.includes(method)) {
    response.setHeader('allow', allowed.join(', '));
    return send(response, 405, 'text/plain', `${allowed[0]} only\n`);
  }
  if (!answersTo(headers.host, o.hosts)) {
    return send(response, 421, 'text/plain', 'this Host is not one of ..._OPERATIONS_HOSTS\n');
  }
  if (post !== undefined) {
    const answered = await answerPost(request, post);
    for (const [name, value] of Object.entries(answered.headers ?? {})) response.setHeader(name, value);
    return send(response, answered.status, 'application/json', answered.body);
  }
  const page = Object.hasOwn(pages, path) ? await pages[path]?.() : undefined;
  if (!page)
    return send(response, 404, 'text/plain', `${[...Object.keys(pages), ...Object.keys(posts)].join(' ')}\n`);
  send(response, page.status, page.contentType, page.body);
}

function jsonOf(value: object): string {
  const bigints = (_: string, field: unknown) => (typeof field === 'bigint' ? String(field) : field);
  return `${JSON.stringify(value, bigints, 2)}\n`;
}

function send(response: ServerResponse, status: number, contentType: string, body: string | Buffer): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body);
}

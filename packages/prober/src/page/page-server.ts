import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import { listenOn, type Listen } from '@penstock/service';

export interface PageServerOptions {
  readonly listen: Listen;
  readonly knob: string;
  /** What the page shows now, as JSON; asked for once a second while somebody looks. */
  snapshot(): object;
  /** The curves of the last minutes, for a page that is just opened. */
  history(): object;
}

export interface PageServer extends AsyncDisposable {
  readonly address: Listen;
}

const viewersMax = 32;
const updateEveryMs = 1_000;

const files = new Map(
  [
    ['/', 'index.html', 'text/html; charset=utf-8'],
    ['/page.css', 'page.css', 'text/css; charset=utf-8'],
    ['/page.js', 'page.js', 'text/javascript; charset=utf-8'],
    ['/draw.js', 'draw.js', 'text/javascript; charset=utf-8'],
  ].map(([path, name, type]) => [
    path,
    { type, body: readFileSync(new URL(`../../page/${name}`, import.meta.url)) },
  ]),
);

const safe = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/**
 * The live page: read-only, plain files, updates by server-sent events. It answers only requests that name
 * this machine, so that no page of another origin reaches it by a name of its own that points here (DNS
 * rebinding).
 */
export async function startPageServer(options: PageServerOptions): Promise<PageServer> {
  const viewers = new Set<ServerResponse>();
  const server = createServer((request, response) => answer(request, response, options, viewers));
  server.requestTimeout = 5_000;
  server.headersTimeout = 5_000;
  server.maxConnections = 2 * viewersMax;
  await listenOn(server, options.listen, options.knob);
  const timer = setInterval(() => {
    if (viewers.size === 0) return;
    const update = `data: ${JSON.stringify(options.snapshot())}\n\n`;
    for (const viewer of viewers) {
      // A viewer that does not read is let go: it reconnects by itself, and nothing is kept for it.
      if (viewer.writableNeedDrain) viewer.destroy();
      else viewer.write(update);
    }
  }, updateEveryMs);
  const { address, port } = server.address() as AddressInfo;
  return {
    address: { address, port },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: PageServerOptions,
  viewers: Set<ServerResponse>,
): void {
  const path = (request.url ?? '').split('?', 1)[0]!;
  const refuse = (status: number, why: string): void =>
    void response.writeHead(status, { ...safe, 'content-type': 'text/plain' }).end(`${why}\n`);
  if (!namesThisMachine(request.headers.host)) return refuse(403, 'ask by address or as localhost');
  if (request.method !== 'GET') return refuse(405, 'GET only');
  if (path === '/updates') {
    if (viewers.size >= viewersMax) return refuse(503, 'too many viewers');
    response.writeHead(200, { ...safe, 'content-type': 'text/event-stream' });
    response.write(`event: history\ndata: ${JSON.stringify(options.history())}\n\n`);
    response.write(`data: ${JSON.stringify(options.snapshot())}\n\n`);
    viewers.add(response);
    response.on('close', () => viewers.delete(response));
    return;
  }
  const file = files.get(path);
  if (!file) return refuse(404, 'there is nothing here');
  response.writeHead(200, { ...safe, 'content-type': file.type }).end(file.body);
}

function namesThisMachine(host: string | undefined): boolean {
  const name = (host ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || isIP(name) !== 0;
}

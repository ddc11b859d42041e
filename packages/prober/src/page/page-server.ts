import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import { listenOn, type Listen } from '@penstock/service';

export interface PageServerOptions {
  readonly listen: Listen;
  readonly knob: string;
  /** What the page shows now, as JSON; asked for once a second while somebody looks. */
  snapshot(): object;
  /**
   * The curves of the last minutes, an object for each second, numbered without a gap. Each viewer is given
   * what it has not seen yet: all of it when it comes, and what it missed when it has caught up.
   */
  history(): readonly { readonly number: number }[];
}

export interface PageServer extends AsyncDisposable {
  readonly address: Listen;
}

const viewersMax = 32;
const updateEveryMs = 1_000;
/** A page that hears nothing for 5 s says so: a part takes less, also over a slow line. */
const secondsInPart = 60;
/**
 * A viewer that reads slowly gets its updates later, together. One that has not caught up for so long is let
 * go.
 */
const behindMaxMs = 30_000;

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
  const viewers: Viewers = new Map();
  const server = createServer((request, response) => answer(request, response, options, viewers));
  server.requestTimeout = 5_000;
  server.headersTimeout = 5_000;
  server.maxConnections = 2 * viewersMax;
  await listenOn(server, options.listen, options.knob);
  const timer = setInterval(() => {
    if (viewers.size === 0) return;
    const seconds = options.history();
    const snapshot = options.snapshot();
    const now = performance.now();
    for (const [viewer, { caughtUpAt, seen }] of viewers) {
      if (!viewer.writableNeedDrain) {
        viewers.set(viewer, { caughtUpAt: now, seen: update(viewer, seconds, snapshot, seen) });
      } else if (now - caughtUpAt > behindMaxMs) {
        viewer.destroy(); // it reconnects by itself, and nothing is kept for it
      }
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

interface Viewer {
  /** Since when it may have something left to read. */
  readonly caughtUpAt: number;
  /** Number of the last second that it was given. */
  readonly seen: number;
}

type Viewers = Map<ServerResponse, Viewer>;

/** Writes the seconds after `seen` and what is now; answers the number of the last second. */
function update(
  viewer: ServerResponse,
  seconds: readonly { readonly number: number }[],
  snapshot: object,
  seen: number,
): number {
  const unseen = seconds.filter(({ number }) => number > seen);
  for (let from = 0; from < unseen.length; from += secondsInPart) {
    const part = unseen.slice(from, from + secondsInPart);
    viewer.write(`event: history\ndata: ${JSON.stringify(part)}\n\n`);
  }
  viewer.write(`data: ${JSON.stringify(snapshot)}\n\n`);
  return unseen.at(-1)?.number ?? seen;
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: PageServerOptions,
  viewers: Viewers,
): void {
  const path = (request.url ?? '').split('?', 1)[0]!;
  const refuse = (status: number, why: string): void =>
    void response.writeHead(status, { ...safe, 'content-type': 'text/plain' }).end(`${why}\n`);
  if (!namesThisMachine(request.headers.host)) return refuse(403, 'ask by address or as localhost');
  if (request.method !== 'GET') return refuse(405, 'GET only');
  if (path === '/updates') {
    if (viewers.size >= viewersMax) return refuse(503, 'too many viewers');
    response.writeHead(200, { ...safe, 'content-type': 'text/event-stream' });
    const seen = update(response, options.history(), options.snapshot(), 0);
    viewers.set(response, { caughtUpAt: performance.now(), seen });
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

import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

export interface Target {
  host: string;
  port: number;
  operationsPort: number;
}

export interface Attack {
  name: string;
  /** Goes on until `signal` says stop; answers how often it did its harm. */
  run(target: Target, signal: AbortSignal): Promise<number>;
}

const head = (method: string, path: string, headers: string): string =>
  `${method} ${path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n${headers}\r\n`;
const post = (headers: string): string => head('POST', '/v4/events', headers);
const chunked = 'transfer-encoding: chunked\r\n';

/** Opens connections, each again when it is closed, and lets `act` do with them what it likes. */
function crowd(
  size: number,
  act: (socket: Socket, signal: AbortSignal) => void,
  portOf: (target: Target) => number = ({ port }) => port,
): Attack['run'] {
  return async (target, signal) => {
    const sockets = new Set<Socket>();
    let opened = 0;
    const open = (): void => {
      if (signal.aborted) return;
      const socket = connect(portOf(target), target.host);
      sockets.add(socket);
      opened += 1;
      socket
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(socket);
          setTimeout(open, 50);
        });
      act(socket, signal);
    };
    for (let n = 0; n < size && !signal.aborted; n += 1) {
      open();
      // A burst of all would only test the kernel's queue.
      if (n % 100 === 99) await sleep(5);
    }
    await ended(signal);
    for (const socket of sockets) socket.destroy();
    return opened;
  };
}

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve())));

/** Writes a piece every `everyMs` for as long as the connection lives. */
function drip(socket: Socket, first: string, piece: string, everyMs: number): void {
  socket.resume().write(first);
  const timer = setInterval(() => socket.write(piece), everyMs);
  socket.on('close', () => clearInterval(timer));
}

/** As fast as the other side reads. */
function pour(socket: Socket, first: string, piece: Buffer): void {
  socket.resume().write(first);
  const more = (): void => {
    while (!socket.destroyed && socket.write(piece)) if (socket.writableLength > 256 * 1024) return;
  };
  socket.on('drain', more);
  socket.on('connect', more);
}

async function requests(
  target: Target,
  signal: AbortSignal,
  clients: number,
  next: () => { path: string; method: string; headers: Record<string, string>; body: Buffer | string },
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  let count = 0;
  const client = async (): Promise<void> => {
    while (!signal.aborted) {
      const { body, ...o } = next();
      await new Promise<void>((resolve) => {
        request({ host: target.host, port: target.port, agent, ...o }, (response) =>
          response.resume().on('close', resolve),
        )
          .on('error', () => resolve())
          .end(body);
      });
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return count;
}

let number = 0;
const bomb = gzipSync(Buffer.alloc(100 * 1024 ** 2));

export const attacks: readonly Attack[] = [
  { name: 'mute connections (2 000)', run: crowd(2_000, (socket) => void socket.resume()) },
  {
    name: 'slow headers (500 connections)',
    run: crowd(500, (socket) => drip(socket, 'POST /v4/events HTTP/1.1\r\n', 'x-a: b\r\n', 500)),
  },
  {
    name: 'slow bodies (500)',
    run: crowd(500, (socket) => drip(socket, post('content-length: 100000\r\n'), 'x', 250)),
  },
  {
    name: 'bodies that stall after half (500 of 64 KiB)',
    run: crowd(
      500,
      (socket) => void socket.resume().write(post('content-length: 65536\r\n') + 'x'.repeat(32_768)),
    ),
  },
  {
    name: 'one-byte chunks, poured (20)',
    run: crowd(20, (socket) => pour(socket, post(chunked), Buffer.from('1\r\nx\r\n'.repeat(5_000)))),
  },
  {
    name: 'chunk extensions, poured (20)',
    run: crowd(20, (socket) =>
      pour(socket, post(chunked), Buffer.from(`1;${'e'.repeat(10_000)}\r\nx\r\n`.repeat(5))),
    ),
  },
  {
    name: 'bodies without an end, poured (20)',
    run: crowd(20, (socket) =>
      pour(socket, post(chunked), Buffer.from(`10000\r\n${'x'.repeat(65_536)}\r\n`)),
    ),
  },
  {
    name: 'a declared GiB, poured (20)',
    run: crowd(20, (socket) =>
      pour(socket, post('content-length: 1073741824\r\n'), Buffer.alloc(65_536, 120)),
    ),
  },
  {
    name: 'connections opened and closed (100 at a time)',
    run: crowd(100, (socket) => void socket.on('connect', () => socket.end())),
  },
  {
    name: 'resets in the middle of a body (100 at a time)',
    run: crowd(100, (socket) => {
      socket.write(post('content-length: 5000\r\n') + 'x'.repeat(1_000), () => socket.resetAndDestroy());
    }),
  },
  {
    name: 'malformed requests (50 at a time)',
    run: crowd(50, (socket) => void socket.resume().write('POST /v4/events HTTP/1.1\r\nhost : a\r\n\r\n')),
  },
  {
    name: '200 pipelined posts, answers never read (20)',
    run: crowd(20, (socket) => void socket.pause().write((post('content-length: 2\r\n') + '{}').repeat(200))),
  },
  {
    name: 'unknown API keys, routes, types and methods (50 clients)',
    run: (target, signal) =>
      requests(target, signal, 50, () => {
        number += 1;
        const kind = number % 4;
        return {
          method: kind === 0 ? 'PUT' : 'POST',
          path: kind === 1 ? `/v9/${number}` : '/v4/events',
          headers: {
            authorization: `Bearer guess-${number}`,
            'content-type': kind === 2 ? `text/x-${number}` : 'application/json',
          },
          body: '{}',
        };
      }),
  },
  {
    name: 'a new partition key and address each time (50 clients)',
    run: (target, signal) =>
      requests(target, signal, 50, () => {
        number += 1;
        const address = `2001:db8:${(number >> 16) % 65_536}:${number % 65_536}::1`.replace(/\d+/g, hex);
        return {
          method: 'POST',
          path: '/v4/events',
          headers: {
            'content-type': 'application/json',
            'x-partition-key': `${number}-${'k'.repeat(200)}`,
            'x-forwarded-for': address,
          },
          body: '{}',
        };
      }),
  },
  {
    name: 'bombs: 100 KB of gzip that inflate to 100 MB (10 clients)',
    run: (target, signal) =>
      requests(target, signal, 10, () => ({
        method: 'POST',
        path: '/v4/events',
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
        body: bomb,
      })),
  },
  {
    name: 'scrapes of /metrics, 50 pipelined (20 connections)',
    run: crowd(
      20,
      (socket) => void socket.resume().write('GET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n'.repeat(50)),
      ({ operationsPort }) => operationsPort,
    ),
  },
];

function hex(text: string): string {
  return Number(text).toString(16);
}

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Counter } from '@penstock/service';
import type { MemoryBudget } from './memory-budget.ts';

/** How much of a refused body is read and thrown away, so that its client can read the answer. */
const discardBytesMax = 4 * 1024 * 1024;
/** In chunks as small as the client likes, beside one for each KiB. */
const discardChunksMax = 4096;

/** Who is told what a refused body costs. */
export interface DiscardAccount {
  budget: MemoryBudget;
  discardedBytes: Counter;
  /** What a request holds until its last byte. */
  requestBytes: number;
}

/** Requests whose body is read and thrown away already. */
const discarding = new WeakSet<IncomingMessage>();

/**
 * Other methods have no body here. When one comes all the same, Node would read and forget whatever follows
 * the answer, as much as the line takes until the request's time is over.
 */
export function mayHaveBody({ method }: IncomingMessage): boolean {
  return method === 'POST';
}

function saysBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/**
 * Reads the rest of a refused body, so that the client sees the answer instead of a reset. Beyond a limit the
 * connection is cut: confluentinc/kafka-rest#1192 read 2 GiB of a body that it had refused.
 */
export function discardRest(request: IncomingMessage, account: DiscardAccount): void {
  if (request.complete || request.destroyed || !saysBody(request) || discarding.has(request)) return;
  discarding.add(request);
  const { budget, discardedBytes, requestBytes } = account;
  const { socket } = request;
  // Refused or not, it is in memory: it counts even beyond the limit, and then nothing new fits.
  budget.hold(requestBytes);
  const ended = (): void => {
    budget.giveBack(requestBytes);
    request.off('end', ended);
    endsOf(socket).delete(ended);
  };
  // Once it is answered, Node forgets the request: it says no `close` when its connection breaks.
  request.once('end', ended);
  endsOf(socket).add(ended);
  let bytes = 0;
  let chunks = 0;
  request.on('error', ignore).on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    chunks += 1;
    discardedBytes.add(chunk.length);
    if (bytes > discardBytesMax || chunks > discardChunksMax + bytes / 1024) request.destroy();
  });
  request.resume();
}

/** By socket. Many requests may come in one piece: with a listener for each, Node would warn of a leak. */
const endings = new WeakMap<Socket, Set<() => void>>();

/** What is called when the socket closes. */
function endsOf(socket: Socket): Set<() => void> {
  const known = endings.get(socket);
  if (known) return known;
  const ends = new Set<() => void>();
  endings.set(socket, ends);
  socket.once('close', () => ends.forEach((end) => end()));
  return ends;
}

function ignore(): void {}

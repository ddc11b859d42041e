import type { IncomingMessage } from 'node:http';
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

/**
 * Reads the rest of a refused body, so that the client sees the answer instead of a reset. Beyond a limit the
 * connection is cut: confluentinc/kafka-rest#1192 read 2 GiB of a body that it had refused.
 */
export function discardRest(request: IncomingMessage, account: DiscardAccount): void {
  if (request.complete || request.destroyed) return;
  const { budget, discardedBytes, requestBytes } = account;
  const { socket } = request;
  // Refused or not, it is in memory: it counts even beyond the limit, and then nothing new fits.
  budget.hold(requestBytes);
  const ended = (): void => {
    budget.giveBack(requestBytes);
    request.off('end', ended);
    socket.off('close', ended);
  };
  // Once it is answered, Node forgets the request: it says no `close` when its connection breaks.
  request.once('end', ended);
  socket.once('close', ended);
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

function ignore(): void {}

import type { IncomingMessage } from 'node:http';

/** How much of a refused body is read and thrown away, so that its client can read the answer. */
const discardBytesMax = 4 * 1024 * 1024;

/**
 * Reads the rest of a refused body, so that the client sees the answer instead of a reset. Beyond a limit the
 * connection is cut: confluentinc/kafka-rest#1192 read 2 GiB of a body that it had refused.
 */
export function discardRest(request: IncomingMessage): void {
  if (request.complete) return;
  let bytes = 0;
  request.on('error', ignore).on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > discardBytesMax) request.destroy();
  });
  request.resume();
}

function ignore(): void {}

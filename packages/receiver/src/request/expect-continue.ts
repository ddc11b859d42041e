import type { IncomingMessage, ServerResponse } from 'node:http';

const waiting = new WeakSet<IncomingMessage>();

/** The client waits for 100 before it sends its body; it gets it once nothing but the body can be wrong. */
export function expectsContinue(request: IncomingMessage): void {
  waiting.add(request);
}

export function awaitsContinue(request: IncomingMessage): boolean {
  return waiting.has(request);
}

export function letContinue(request: IncomingMessage, response: ServerResponse): void {
  if (waiting.delete(request)) response.writeContinue();
}

import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** ApiVersions version 0, correlation id 1, no client id. */
const apiVersionsRequest = Buffer.from('0000000a0012000000000001ffff', 'hex');

/**
 * Settles when the broker at `port` answers a request. It opens its client listener when the controller has
 * unfenced it, not before; the answer is asked for because a container engine accepts connections for a
 * container that does not yet. `ended` aborts it with its reason.
 */
export async function untilServing(
  host: string,
  port: number,
  o: { timeoutMs: number; ended: AbortSignal },
): Promise<void> {
  const deadlineMs = performance.now() + o.timeoutMs;
  for (;;) {
    const ready = await answers(host, port);
    o.ended.throwIfAborted();
    if (ready) return;
    if (performance.now() > deadlineMs) throw new Error(`not ready within ${o.timeoutMs} ms`);
    await sleep(50);
  }
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(2_000, () => settle(false));
    socket.once('connect', () => socket.write(apiVersionsRequest));
    socket.once('data', () => settle(true));
    socket.once('end', () => settle(false));
    socket.once('error', () => settle(false));
  });
}

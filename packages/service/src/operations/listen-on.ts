import type { Server } from 'node:net';
import { ListenError } from '../errors.ts';
import { showListen, type Listen } from '../config/knobs.ts';

/** Opens a listener. Throws ListenError, which names the address and the knob, when that is not possible. */
export async function listenOn(
  server: Server,
  listen: Listen,
  knob: string,
  o: { reusePort?: boolean; backlog?: number } = {},
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const failed = (cause: Error) => reject(new ListenError(knob, showListen(listen), cause));
    server.once('error', failed);
    const { reusePort = false, backlog } = o;
    const { address: host, port } = listen;
    server.listen({ host, port, reusePort, ...(backlog !== undefined && { backlog }) }, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

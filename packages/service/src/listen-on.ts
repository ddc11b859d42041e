import type { Server } from 'node:net';
import { ListenError } from './errors.ts';
import { showListen, type Listen } from './knobs.ts';

/** Opens a listener. Throws ListenError, which names the address and the knob, when that is not possible. */
export async function listenOn(
  server: Server,
  listen: Listen,
  knob: string,
  o: { reusePort?: boolean } = {},
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const failed = (cause: Error) => reject(new ListenError(knob, showListen(listen), cause));
    server.once('error', failed);
    server.listen({ host: listen.address, port: listen.port, reusePort: o.reusePort ?? false }, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

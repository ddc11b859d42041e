import type { Server } from 'node:http';
import { createServer, Server as NetServer, type AddressInfo } from 'node:net';
import { listenOn, type Listen } from '@penstock/service';

export interface ListenersOptions {
  readonly listen: Listen;
  /** The setting that `listen` is from, for errors. */
  readonly knob: string;
  /** Others may listen there, too (SO_REUSEPORT). */
  readonly reusePort: boolean;
  /** About how many connections may wait to be accepted. */
  readonly backlog: number;
}

/**
 * Node accepts one connection of a listener in a turn of its event loop (libuv#3696). While thousands of
 * others are answered a turn lasts as long as that takes, and who has just connected waits for many of them.
 */
const sharedListeners = 64;

/** Under a steady stream of new connections, somebody is always waiting: then they close all the same. */
const quietWithinMs = 250;

/**
 * Where a server's connections come from: its own listener, and where the address may be shared, many more of
 * the same address. An address that is not shared has one: several would have to let others in, too.
 */
export class Listeners implements Disposable {
  readonly #server: Server;
  readonly #all: readonly NetServer[];

  /** Throws ListenError. */
  static async open(
    server: Server,
    { listen, knob, reusePort, backlog }: ListenersOptions,
  ): Promise<Listeners> {
    const more = reusePort ? Array.from({ length: sharedListeners - 1 }, () => listenerFor(server)) : [];
    if (reusePort) limitTogether(server, more);
    const listeners = new Listeners(server, more);
    const o = { reusePort, backlog: reusePort ? shareOf(backlog) : backlog };
    try {
      await listenOn(server, listen, knob, o);
      const { port } = listeners.address;
      for (const each of more) await listenOn(each, { ...listen, port }, knob, o);
    } catch (error) {
      listeners[Symbol.dispose]();
      throw error;
    }
    return listeners;
  }

  private constructor(server: Server, more: readonly NetServer[]) {
    this.#server = server;
    this.#all = [server, ...more];
  }

  get address(): AddressInfo {
    return this.#server.address() as AddressInfo;
  }

  /** How many are open now. */
  async connections(): Promise<number> {
    const counts = await Promise.all(this.#all.map(connectionsOf));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /**
   * Closes them when nobody waits to be accepted, as far as that can be seen: the kernel resets whoever still
   * waits. Not http's own `close`, which also cuts kept connections off, and resets the request that is on
   * its way on one. Settles with a promise of the end of the last connection.
   */
  async close(): Promise<{ ended: Promise<void> }> {
    let accepted = 0;
    const count = (): void => void (accepted += 1);
    this.#server.on('connection', count);
    // Between two turns the event loop accepts who waits. A turn without anybody: nobody waits.
    await turn();
    const until = performance.now() + quietWithinMs;
    for (let before = -1; accepted !== before && performance.now() < until;) {
      before = accepted;
      await turn();
    }
    this.#server.off('connection', count);
    return { ended: this.#close() };
  }

  /** Closes them at once, and cuts the connections off. */
  [Symbol.dispose](): void {
    void this.#close();
    this.#server.closeAllConnections();
  }

  async #close(): Promise<void> {
    await Promise.all(this.#all.map(closed));
  }
}

/** The kernel spreads connections by a hash, not evenly: no listener may be full long before the others. */
function shareOf(backlog: number): number {
  return Math.max(8, Math.ceil((2 * backlog) / sharedListeners));
}

/** A listener whose connections are the server's: as its own, a client may close its side and wait. */
function listenerFor(server: Server): NetServer {
  const listener = createServer({ allowHalfOpen: true, noDelay: true });
  listener.on('connection', (socket) => server.emit('connection', socket));
  listener.on('drop', (dropped) => server.emit('drop', dropped));
  return listener;
}

/** Node compares the limit of a listener with the connections of that one: here it is that of all. */
function limitTogether(server: Server, more: readonly NetServer[]): void {
  const { maxConnections } = server;
  let open = 0;
  server.on('connection', (socket) => {
    open += 1;
    socket.once('close', () => (open -= 1));
  });
  const get = (): number => (open >= maxConnections ? 0 : Infinity);
  for (const each of [server, ...more]) Object.defineProperty(each, 'maxConnections', { get });
}

function connectionsOf(server: NetServer): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}

function closed(server: NetServer): Promise<void> {
  return new Promise((resolve) => NetServer.prototype.close.call(server, () => resolve()));
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProxiedConnection, type Trap } from './connection.ts';
import type { Direction, StandingFaults } from './flow.ts';
import type { Loss } from './loss.ts';

export interface ProxyOptions {
  /** The broker's listener; may be told later (`target`), before the first client comes. */
  target?: { host: string; port: number };
}

/** What a request or response was doing when its trap struck. */
export interface TrapHandle {
  /** Settles when it has struck. */
  readonly struck: Promise<void>;
  disarm(): void;
}

/** A TCP proxy in front of one broker that misbehaves as told, without a word to either side. */
export class FaultProxy implements AsyncDisposable {
  target: { host: string; port: number };
  readonly host = '127.0.0.1';
  readonly #connections = new Set<ProxiedConnection>();
  readonly #traps = new Set<Trap>();
  readonly #faults: StandingFaults = {
    delayMs: 0,
    loss: undefined,
    stalled: { toBroker: false, toClient: false },
    allowance: { toBroker: undefined, toClient: undefined },
  };
  #accepted = 0;
  #server: Server | undefined;
  #port = 0;

  constructor(o: ProxyOptions) {
    this.target = o.target ?? { host: '127.0.0.1', port: 0 };
  }

  get port(): number {
    return this.#port;
  }

  /** 'host:port' for a bootstrap list. */
  get address(): string {
    return `${this.host}:${this.#port}`;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Listens, at first on a free port, later on the same one again. */
  async listen(): Promise<void> {
    if (this.#server) return;
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (client) =>
      this.#accept(client),
    );
    this.#server = server;
    server.listen(this.#port, this.host);
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
  }

  /**
   * Ends every standing fault (delay, loss, stall, allowance, refusal) and every trap. Connections that were
   * cut stay cut.
   */
  async pass(): Promise<void> {
    this.#faults.delayMs = 0;
    this.#faults.loss = undefined;
    this.#faults.allowance = { toBroker: undefined, toClient: undefined };
    this.#traps.clear();
    this.#stall(false, ['toBroker', 'toClient']);
    await this.listen();
  }

  /** Closes every connection now; new ones are accepted. */
  cut(): void {
    for (const connection of this.#connections) connection.cut();
  }

  /** The same with RST: clients see ECONNRESET. */
  reset(): void {
    for (const connection of this.#connections) connection.reset();
  }

  /** FIN towards one side of every connection, while the other direction keeps working. */
  halfClose(towards: 'client' | 'broker'): void {
    for (const connection of this.#connections) connection.halfClose(towards);
  }

  /** New connections are refused (ECONNREFUSED) until `pass`; existing ones stay. */
  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    // close() waits for the connections to end, but stops listening at once.
    server?.close();
    await sleep(0);
  }

  /** Each byte comes so much later, both ways; 0 ends it. */
  delay(delayMs: number): void {
    this.#faults.delayMs = delayMs;
  }

  /** Packets are lost as the seed says, both ways, and come again later. Until `pass`. */
  lose(loss: Loss): void {
    this.#faults.loss = loss;
  }

  /**
   * Nothing is read in these directions any more and nothing closed: what a dead network looks like. Until
   * `pass`.
   */
  stall(...directions: Direction[]): void {
    this.#stall(true, directions.length > 0 ? directions : ['toBroker', 'toClient']);
  }

  /**
   * So many bytes more pass in that direction, over all connections; then the connection of the last one is
   * cut. Once.
   */
  cutAfter(direction: Direction, bytes: number): void {
    this.#faults.allowance[direction] = bytes;
  }

  /**
   * The next request of this kind reaches the broker and is carried out; its answer is not delivered and
   * the connection is cut. With `thenCut: false` the connection stays, and the client waits in vain.
   */
  dropNextResponse(o: { apiKey: number; thenCut?: boolean }): TrapHandle {
    return this.#arm({ apiKey: o.apiKey, at: 'response', verdict: o.thenCut === false ? 'swallow' : 'cut' });
  }

  /** The next request of this kind does not reach the broker: the connection is cut before its first byte. */
  cutBeforeRequest(o: { apiKey: number }): TrapHandle {
    return this.#arm({ apiKey: o.apiKey, at: 'request', verdict: 'cut' });
  }

  /** The next request of this kind vanishes on its way, and the connection stays. */
  swallowNextRequest(o: { apiKey: number }): TrapHandle {
    return this.#arm({ apiKey: o.apiKey, at: 'request', verdict: 'swallow' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.refuse();
    this.cut();
  }

  #arm(what: Omit<Trap, 'strike'>): TrapHandle {
    const { promise, resolve } = Promise.withResolvers<void>();
    const trap: Trap = { ...what, strike: resolve };
    this.#traps.add(trap);
    return { struck: promise, disarm: () => this.#traps.delete(trap) };
  }

  #stall(stalled: boolean, directions: Direction[]): void {
    for (const direction of directions) this.#faults.stalled[direction] = stalled;
    for (const connection of this.#connections) connection.pump();
  }

  #accept(client: Socket): void {
    const connection: ProxiedConnection = new ProxiedConnection({
      client,
      target: this.target,
      faults: this.#faults,
      traps: this.#traps,
      number: ++this.#accepted,
      onClosed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    connection.pump();
  }
}

export async function startProxy(o: ProxyOptions = {}): Promise<FaultProxy> {
  const proxy = new FaultProxy(o);
  await proxy.listen();
  return proxy;
}

import { type Socket, connect } from 'node:net';
import { type Direction, Flow, type StandingFaults, type Verdict } from './flow.ts';
import { apiKeyOf, correlationOf, requestHeaderBytes, responseHeaderBytes } from './frames.ts';

/** Waits for one request of a kind; it strikes once, then it is gone. */
export interface Trap {
  apiKey: number;
  /**
   * 'request': before any byte of it goes on. 'response': the broker has answered, the client does not see
   * it.
   */
  at: 'request' | 'response';
  verdict: Exclude<Verdict, 'pass'>;
  strike(): void;
}

/** One client's connection and its counterpart at the broker. */
export class ProxiedConnection {
  readonly #client: Socket;
  readonly #broker: Socket;
  readonly #flows: Record<Direction, Flow>;
  readonly #traps: Set<Trap>;
  /** Requests under way whose response is to be caught, by correlation id. */
  readonly #awaited = new Map<number, Trap>();

  constructor(o: {
    client: Socket;
    target: { host: string; port: number };
    faults: StandingFaults;
    traps: Set<Trap>;
    number: number;
    onClosed: () => void;
  }) {
    this.#client = o.client;
    this.#traps = o.traps;
    this.#broker = connect({ ...o.target, allowHalfOpen: true, noDelay: true });
    const cut = () => this.cut();
    const common = { faults: o.faults, connection: o.number, cut };
    this.#flows = {
      toBroker: new Flow({
        ...common,
        source: this.#client,
        sink: this.#broker,
        direction: 'toBroker',
        headerBytes: requestHeaderBytes,
        decide: (header) => this.#onRequest(header),
      }),
      toClient: new Flow({
        ...common,
        source: this.#broker,
        sink: this.#client,
        direction: 'toClient',
        headerBytes: responseHeaderBytes,
        decide: (header) => this.#onResponse(header),
      }),
    };
    // A broker that refuses or resets does so for the client too.
    this.#broker.on('error', () => this.reset());
    this.#client.on('error', () => this.#broker.destroy());
    this.#broker.on('close', () => this.#closeOther(this.#client));
    this.#client.on('close', () => {
      this.#closeOther(this.#broker);
      // A response that will never come does not spend the trap.
      for (const trap of this.#awaited.values()) this.#traps.add(trap);
      o.onClosed();
    });
  }

  cut(): void {
    this.#client.destroy();
    this.#broker.destroy();
  }

  reset(): void {
    this.#client.resetAndDestroy();
    this.#broker.resetAndDestroy();
  }

  /** FIN towards one side; the other way keeps working. */
  halfClose(towards: 'client' | 'broker'): void {
    (towards === 'client' ? this.#client : this.#broker).end();
  }

  pump(): void {
    this.#flows.toBroker.pump();
    this.#flows.toClient.pump();
  }

  #onRequest(header: Buffer): Verdict {
    const apiKey = apiKeyOf(header);
    for (const trap of this.#traps) {
      if (trap.apiKey !== apiKey) continue;
      this.#traps.delete(trap);
      if (trap.at === 'request') {
        trap.strike();
        return trap.verdict;
      }
      this.#awaited.set(correlationOf(header), trap);
      return 'pass';
    }
    return 'pass';
  }

  #onResponse(header: Buffer): Verdict {
    const trap = this.#awaited.get(correlationOf(header));
    if (!trap) return 'pass';
    this.#awaited.delete(correlationOf(header));
    trap.strike();
    return trap.verdict;
  }

  /** What is still on its way to it may arrive. */
  #closeOther(other: Socket): void {
    if (!other.destroyed) other.destroySoon();
  }
}

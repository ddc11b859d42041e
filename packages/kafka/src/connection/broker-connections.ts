import { KafkaError } from '../errors/errors.ts';
import type { Api } from '../requests/define.ts';
import { Connection } from './connection.ts';
import type { ConnectionOptions } from './connection.ts';
import type { FrameReceiver } from './frame-assembler.ts';

type AddressOf = (nodeId: number) => { host: string; port: number } | undefined;

/**
 * The connections of one purpose: at most one to each broker, opened when it is first needed. Purposes do not
 * share connections, because a broker serves one request of a connection at a time: a produce request would
 * wait behind a long fetch.
 */
export class BrokerConnections implements Disposable {
  readonly purpose: string;
  readonly #addressOf: AddressOf;
  readonly #options: ConnectionOptions;
  readonly #connections = new Map<number, Promise<Connection>>();
  readonly #onDispose: (connections: BrokerConnections) => void;
  /** Brokers that serve nothing on these connections before that moment, by their word. */
  readonly #throttledUntil = new Map<number, number>();
  #disposed = false;

  constructor(
    purpose: string,
    addressOf: AddressOf,
    options: ConnectionOptions,
    onDispose: (connections: BrokerConnections) => void,
  ) {
    this.purpose = purpose;
    this.#addressOf = addressOf;
    this.#options = options;
    this.#onDispose = onDispose;
  }

  /**
   * Sends one request and resolves with its answer, which may hold error codes. Calls to one broker are sent
   * in the order in which they are made. Throws KafkaError CONNECTION (no answer came; `sent` is false when
   * the request was never written) or TIMEOUT (written, and the broker may have acted on it).
   */
  async call<A extends readonly unknown[], R>(nodeId: number, api: Api<A, R>, ...args: A): Promise<R> {
    const connection = await this.#connection(nodeId);
    return connection.call(api, args);
  }

  /** Like `call`, but a large answer is read into the memory that `memoryFor` gives: see Connection.call. */
  async callInto<A extends readonly unknown[], R>(
    memoryFor: FrameReceiver['memoryFor'],
    nodeId: number,
    api: Api<A, R>,
    ...args: A
  ): Promise<R> {
    const connection = await this.#connection(nodeId);
    return connection.call(api, args, memoryFor);
  }

  /**
   * For how long a broker serves nothing here because a quota is exceeded, ms; 0: it serves. Without a
   * broker, the longest of all. A call meanwhile waits by itself; this is for those that can do something
   * better.
   */
  throttledForMs(nodeId?: number): number {
    const moments =
      nodeId === undefined ? this.#throttledUntil.values() : [this.#throttledUntil.get(nodeId) ?? 0];
    return Math.max(0, Math.max(0, ...moments) - performance.now());
  }

  disconnect(nodeId: number): void {
    const opening = this.#connections.get(nodeId);
    this.#connections.delete(nodeId);
    opening?.then(
      (connection) => connection.close(),
      () => undefined, // it never opened: its callers have the error
    );
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const nodeId of [...this.#connections.keys()]) this.disconnect(nodeId);
    this.#onDispose(this);
  }

  /**
   * All callers await the promise of the opening itself, so they continue in the order in which they came. A
   * caller that awaited a promise wrapped around it would continue later than those who came after it, and
   * two batches of a partition would change places.
   */
  async #connection(nodeId: number): Promise<Connection> {
    for (;;) {
      const opening = this.#connections.get(nodeId) ?? this.#open(nodeId);
      const connection = await opening;
      if (connection.open) return connection;
      if (this.#connections.get(nodeId) === opening) this.#connections.delete(nodeId);
    }
  }

  #open(nodeId: number): Promise<Connection> {
    if (this.#disposed) {
      throw new KafkaError('CLOSED', `the connections for ${this.purpose} are closed`, { sent: false });
    }
    const address = this.#addressOf(nodeId);
    if (!address) {
      throw new KafkaError('CONNECTION', `broker ${nodeId} is not in the metadata`, { sent: false });
    }
    const onThrottled = (throttleMs: number): void => {
      this.#throttledUntil.set(nodeId, performance.now() + throttleMs);
      this.#options.onThrottled?.(throttleMs);
    };
    const opening = Connection.open(address.host, address.port, { ...this.#options, onThrottled });
    this.#connections.set(nodeId, opening);
    opening.then(
      (connection) => {
        if (this.#disposed) connection.close();
      },
      () => {
        if (this.#connections.get(nodeId) === opening) this.#connections.delete(nodeId);
      },
    );
    return opening;
  }
}

import type { Api } from '../requests/define.ts';
import { Connection } from './connection.ts';
import type { ConnectionOptions } from './connection.ts';
import { KafkaError } from './errors.ts';
import type { FrameReceiver } from './frame-assembler.ts';

/**
 * A set of connections for one purpose, at most one per broker, opened when first needed. Purposes do not share: a long
 * fetch in front of a produce request would hold it up, since a broker serves one request of a connection at a time.
 */
export class Link implements Disposable {
  readonly purpose: string;
  readonly #addressOf: (nodeId: number) => { host: string; port: number } | undefined;
  readonly #options: ConnectionOptions;
  readonly #connections = new Map<number, Promise<Connection>>();
  readonly #onDispose: (link: Link) => void;
  #disposed = false;

  constructor(
    purpose: string,
    addressOf: (nodeId: number) => { host: string; port: number } | undefined,
    options: ConnectionOptions,
    onDispose: (link: Link) => void,
  ) {
    this.purpose = purpose;
    this.#addressOf = addressOf;
    this.#options = options;
    this.#onDispose = onDispose;
  }

  /**
   * One request and its answer, error codes inside it included. Calls to one broker are sent in the order of calling.
   * Throws KafkaError CONNECTION (no answer came; `sent` is false when it was never sent) or TIMEOUT (sent, perhaps acted on).
   */
  async call<A extends readonly unknown[], R>(nodeId: number, api: Api<A, R>, ...args: A): Promise<R> {
    const connection = await this.#connection(nodeId);
    return connection.call(api, args);
  }

  /** As `call`; a large answer is read into what `memoryFor` gives, see Connection.call. */
  async callInto<A extends readonly unknown[], R>(
    memoryFor: FrameReceiver['memoryFor'],
    nodeId: number,
    api: Api<A, R>,
    ...args: A
  ): Promise<R> {
    const connection = await this.#connection(nodeId);
    return connection.call(api, args, memoryFor);
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
   * Every caller waits for the very promise of the opening, so they go on in the order in which they came. (One that
   * waited for a promise around it would go on later than who came after it, and two batches of a partition change places.)
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
    if (this.#disposed) throw new KafkaError('CLOSED', `the link ${this.purpose} is closed`, { sent: false });
    const address = this.#addressOf(nodeId);
    if (!address)
      throw new KafkaError('CONNECTION', `broker ${nodeId} is not in the metadata`, { sent: false });
    const opening = Connection.open(address.host, address.port, this.#options);
    this.#connections.set(nodeId, opening);
    opening.then(
      (connection) => {
        if (this.#disposed) connection.close();
      },
      (error: unknown) => {
        if (error instanceof KafkaError) error.sent = false; // nobody who waits for it has sent anything
        if (this.#connections.get(nodeId) === opening) this.#connections.delete(nodeId);
      },
    );
    return opening;
  }
}

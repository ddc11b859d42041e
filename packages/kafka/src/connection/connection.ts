import type { Socket } from 'node:net';
import { KafkaError } from '../errors/errors.ts';
import { decodeAnswer } from '../requests/define.ts';
import type { Api } from '../requests/define.ts';
import { authenticate } from './authenticate.ts';
import { FrameAssembler } from './frame-assembler.ts';
import type { FrameReceiver } from './frame-assembler.ts';
import { connectionError, looksLikeTls, openSocket } from './open-socket.ts';
import type { SaslOptions, TlsOptions } from './security.ts';

export interface ConnectionOptions {
  clientId: string;
  connectTimeoutMs: number;
  requestTimeoutMs: number;
  sasl?: SaslOptions | undefined;
  tls?: TlsOptions | undefined;
  /** The broker will not serve this connection for so long. */
  onThrottled?: (throttleMs: number) => void;
}

interface Pending {
  correlationId: number;
  deadlineAt: number;
  memoryFor: FrameReceiver['memoryFor'];
  settle(frame: Buffer): void;
  fail(error: KafkaError): void;
}

/**
 * One socket to one broker. A broker serves one request of a connection at a time and answers in order. So
 * requests may be sent before the earlier ones are answered, and only the oldest needs a timer.
 *
 * A broker may limit SASL sessions (connections.max.reauth.ms): it closes the connection at the first
 * request after the session has ended. So after nine tenths of that time the next call waits until
 * everything is answered, this side authenticates again (KIP-368), and the calls go on in their order. No
 * caller notices.
 *
 * When a quota is exceeded, the broker answers at once, says for how long it will not read from this
 * connection, and keeps to it (KIP-219). A request that is sent all the same would time out for no fault of
 * the broker. So calls wait until that time is over, and what was sent already gets that much longer.
 */
export class Connection {
  readonly #address: string;
  readonly #clientId: Buffer;
  readonly #options: ConnectionOptions;
  readonly #pending: Pending[] = [];
  readonly #frames: FrameAssembler;
  #socket: Socket | undefined;
  #correlationId = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed: KafkaError | undefined;
  /** No byte has arrived yet: the first ones show whether the other side speaks another protocol. */
  #untouched = true;
  #answers = 0;
  /** When to authenticate again. */
  #renewAt = Infinity;
  /** The broker reads nothing before this moment. */
  #throttledUntil = 0;
  /** Calls that wait for a new SASL session or for the end of a throttle, in order. */
  #held: (() => void)[] | undefined;
  #whenQuiet: (() => void) | undefined;
  #whenClosed: (() => void) | undefined;
  #throttleTimer: NodeJS.Timeout | undefined;

  /**
   * Throws KafkaError CONNECTION when the broker cannot be reached: another try may help. TLS and
   * SASL_AUTHENTICATION_FAILED are not retryable: somebody has to mend the configuration. `sent` is false in
   * all of them: nothing of what the caller means to send was written.
   */
  static async open(host: string, port: number, options: ConnectionOptions): Promise<Connection> {
    const connection = new Connection(`${host}:${port}`, options);
    try {
      await connection.#connect(host, port);
      if (options.sasl) await connection.#authenticate(options.sasl);
      return connection;
    } catch (error) {
      connection.close();
      throw error instanceof KafkaError ? error.asUnsent() : error;
    }
  }

  private constructor(address: string, options: ConnectionOptions) {
    this.#address = address;
    this.#clientId = Buffer.from(options.clientId);
    this.#options = options;
    this.#frames = new FrameAssembler({
      memoryFor: (bytes) => this.#pending[0]?.memoryFor(bytes),
      onFrame: (frame) => this.#answer(frame),
    });
  }

  /** The socket reads straight into the frames: there is no buffer for each chunk, and no second copy. */
  async #connect(host: string, port: number): Promise<void> {
    const buffer = (): Buffer => this.#frames.room;
    const callback = (bytes: number, into: Uint8Array): boolean => {
      this.#onBytes(into.subarray(0, bytes));
      return true;
    };
    const socket = await openSocket(host, port, { ...this.#options, onread: { buffer, callback } });
    this.#socket = socket;
    socket.on('error', (cause) => {
      // A TLS error is a refusal only at the beginning. Later, nobody can say what became of the requests.
      const tls = this.#options.tls !== undefined && this.#untouched;
      this.#close(connectionError(this.#address, cause, tls));
    });
    socket.on('close', () => this.#close(this.#closedByBroker()));
  }

  #onBytes(bytes: Uint8Array): void {
    if (this.#untouched) this.#lookAt(bytes);
    if (this.#closed) return;
    try {
      this.#frames.arrived(bytes.length);
    } catch (cause) {
      this.#close(new KafkaError('CONNECTION', `${this.#address} sent bytes that are not Kafka`, { cause }));
    }
  }

  get open(): boolean {
    return this.#closed === undefined;
  }

  /**
   * Sends one request and resolves with its answer. After KafkaError CONNECTION or TIMEOUT it is open whether
   * the broker acted. The buffers from `encode` are not copied: they must stay unchanged until the promise
   * settles.
   *
   * `memoryFor` is called when a large answer begins to arrive. That memory is written to until the promise
   * settles, and views in the answer are views of it. Without `memoryFor` such an answer gets fresh memory.
   */
  call<A extends readonly unknown[], R>(
    api: Api<A, R>,
    args: A,
    memoryFor: FrameReceiver['memoryFor'] = ownMemory,
  ): Promise<R> {
    const now = performance.now();
    if (!this.#held && this.#renewAt <= now) void this.#renew();
    else if (!this.#held && this.#throttledUntil > now) void this.#waitForBroker();
    const held = this.#held;
    if (!held) return this.#send(api, args, memoryFor);
    return new Promise<R>((resolve, reject) => {
      held.push(() => void this.#send(api, args, memoryFor).then(resolve, reject));
    });
  }

  #send<A extends readonly unknown[], R>(
    api: Api<A, R>,
    args: A,
    memoryFor: FrameReceiver['memoryFor'] = ownMemory,
  ): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      if (this.#closed) {
        reject(this.#closed.asUnsent());
        return;
      }
      const correlationId = (this.#correlationId = (this.#correlationId + 1) & 0x7fffffff);
      const settle = (frame: Buffer): void => {
        try {
          resolve(decodeAnswer(api, frame, (throttleMs) => this.#onThrottle(throttleMs)));
        } catch (cause) {
          reject(new KafkaError('MALFORMED_RESPONSE', `request ${api.key} v${api.version}`, { cause }));
        }
      };
      const body = api.encode(...args);
      this.#pending.push({
        correlationId,
        deadlineAt: performance.now() + this.#options.requestTimeoutMs,
        memoryFor,
        settle,
        fail: reject,
      });
      this.#write(api, correlationId, body);
      this.#watch();
    });
  }

  close(): void {
    this.#close(new KafkaError('CONNECTION', 'closed by this client'));
  }

  async #authenticate(sasl: SaslOptions): Promise<void> {
    const beganAt = performance.now();
    const lifetimeMs = await authenticate(this.#address, sasl, (api, args) => this.#send(api, args));
    this.#renewAt = beganAt + 0.9 * lifetimeMs;
  }

  /** Calls wait from here on: until SASL is done, the broker accepts nothing else. */
  async #renew(): Promise<void> {
    this.#renewAt = Infinity;
    const held: (() => void)[] = (this.#held = []);
    try {
      if (this.#pending.length > 0) await new Promise<void>((resolve) => (this.#whenQuiet = resolve));
      if (this.#options.sasl) await this.#authenticate(this.#options.sasl);
    } catch (error) {
      const cause = error instanceof KafkaError ? error : new KafkaError('CONNECTION', String(error));
      this.#close(cause);
    }
    this.#held = undefined;
    for (const send of held) send();
  }

  #onThrottle(told: number): void {
    const throttleMs = Math.min(told, throttleMaxMs);
    this.#throttledUntil = Math.max(this.#throttledUntil, performance.now() + throttleMs);
    for (const pending of this.#pending) pending.deadlineAt += throttleMs;
    this.#options.onThrottled?.(throttleMs);
  }

  /** Calls wait from here on. An answer that still comes may make the time longer. */
  async #waitForBroker(): Promise<void> {
    const held: (() => void)[] = (this.#held = []);
    for (;;) {
      const waitMs = this.#throttledUntil - performance.now();
      if (waitMs <= 0 || this.#closed) break;
      await new Promise<void>((resolve) => {
        this.#whenClosed = resolve;
        this.#throttleTimer = setTimeout(resolve, waitMs);
      });
    }
    this.#held = undefined;
    for (const send of held) send();
  }

  /**
   * A listener that requires SASL answers anybody's ApiVersions, and then closes without an answer at the
   * next request.
   */
  #closedByBroker(): KafkaError {
    const early = this.#answers <= 1 && !this.#options.sasl;
    const hint = early ? ' (a listener that wants a user and a password does this when none is given)' : '';
    return new KafkaError('CONNECTION', `${this.#address} closed the connection${hint}`);
  }

  #lookAt(first: Uint8Array): void {
    this.#untouched = false;
    if (this.#options.tls || !looksLikeTls(first)) return;
    const message =
      `${this.#address} speaks TLS, but this client is set up without: ` +
      'turn TLS on, or use another listener';
    this.#close(new KafkaError('TLS', message, { retryable: false }));
  }

  #write(api: Api<never, unknown>, correlationId: number, body: readonly Buffer[]): void {
    let bodyBytes = 0;
    for (const part of body) bodyBytes += part.length;
    const clientId = this.#clientId;
    const header = Buffer.allocUnsafe((api.flexibleRequestHeader ? 15 : 14) + clientId.length);
    header.writeInt32BE(header.length - 4 + bodyBytes, 0);
    header.writeInt16BE(api.key, 4);
    header.writeInt16BE(api.version, 6);
    header.writeInt32BE(correlationId, 8);
    header.writeInt16BE(clientId.length, 12);
    clientId.copy(header, 14);
    if (api.flexibleRequestHeader) header[14 + clientId.length] = 0; // no tagged fields
    const socket = this.#socket;
    if (!socket) return; // only `open` makes connections, and it hands them out with a socket
    socket.cork();
    socket.write(header);
    for (const part of body) if (part.length > 0) socket.write(part);
    socket.uncork();
  }

  #answer(frame: Buffer): void {
    const pending = this.#pending.shift();
    const correlationId = frame.length >= 4 ? frame.readInt32BE(0) : -1;
    if (!pending || pending.correlationId !== correlationId) {
      const error = new KafkaError('CONNECTION', `an answer came that nobody asked for (${correlationId})`);
      pending?.fail(error);
      this.#close(error);
      return;
    }
    this.#answers++;
    pending.settle(frame);
    this.#watch();
  }

  /**
   * Finds half-open sockets: when the oldest unanswered request is too old, the whole connection is closed.
   */
  #watch(): void {
    const oldest = this.#pending[0];
    if (!oldest) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#whenQuiet?.();
      return;
    }
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        const first = this.#pending[0];
        if (first && first.deadlineAt <= performance.now()) {
          this.#close(new KafkaError('TIMEOUT', `no answer within ${this.#options.requestTimeoutMs} ms`));
        } else {
          this.#watch();
        }
      },
      Math.max(1, oldest.deadlineAt - performance.now()),
    );
  }

  #close(error: KafkaError): void {
    if (this.#closed) return;
    this.#closed = error;
    clearTimeout(this.#timer);
    clearTimeout(this.#throttleTimer);
    this.#whenClosed?.();
    this.#socket?.destroy();
    for (const pending of this.#pending.splice(0)) pending.fail(error);
    this.#whenQuiet?.();
  }
}

/** The longest seen was 50 s. A longer one is taken for damage; were it real, we would only ask too early. */
const throttleMaxMs = 120_000;

function ownMemory(): undefined {}

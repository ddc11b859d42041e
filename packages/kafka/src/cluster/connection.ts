import type { Socket } from 'node:net';
import { decodeAnswer } from '../requests/define.ts';
import type { Api } from '../requests/define.ts';
import { authenticate } from './authenticate.ts';
import { KafkaError } from './errors.ts';
import { FrameAssembler } from './frame-assembler.ts';
import { connectionError, looksLikeTls, openSocket } from './open-socket.ts';
import type { SaslOptions, TlsOptions } from './security.ts';

export interface ConnectionOptions {
  clientId: string;
  connectTimeoutMs: number;
  requestTimeoutMs: number;
  sasl?: SaslOptions | undefined;
  tls?: TlsOptions | undefined;
}

interface Pending {
  correlationId: number;
  deadline: number;
  settle(frame: Buffer): void;
  fail(error: KafkaError): void;
}

/**
 * One socket to one broker. A broker serves one request of a connection at a time and answers in order, so requests
 * may be pipelined and only the oldest needs a clock.
 *
 * A broker may end SASL sessions (connections.max.reauth.ms): it closes the connection at the first request behind the end. So
 * at nine tenths of that time the next call waits until everything is answered, the password is shown again (KIP-368),
 * and the calls go on in their order: nobody notices, and no two requests change places.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #address: string;
  readonly #clientId: Buffer;
  readonly #options: ConnectionOptions;
  readonly #pending: Pending[] = [];
  #correlationId = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed: KafkaError | undefined;
  /** Nothing has come yet: whatever speaks another protocol shows it now. */
  #untouched = true;
  #answers = 0;
  #renewAtMs = Infinity;
  /** Calls that wait for the end of a renewal, in order. */
  #held: (() => void)[] | undefined;
  #whenQuiet: (() => void) | undefined;

  /**
   * Throws KafkaError CONNECTION when the broker cannot be reached: another try may help. TLS and SASL_AUTHENTICATION_FAILED are not
   * retryable: somebody has to mend the configuration.
   */
  static async open(host: string, port: number, options: ConnectionOptions): Promise<Connection> {
    const socket = await openSocket(host, port, options);
    const connection = new Connection(socket, `${host}:${port}`, options);
    if (!options.sasl) return connection;
    try {
      await connection.#authenticate(options.sasl);
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }

  private constructor(socket: Socket, address: string, options: ConnectionOptions) {
    this.#socket = socket;
    this.#address = address;
    this.#clientId = Buffer.from(options.clientId);
    this.#options = options;
    const frames = new FrameAssembler((frame) => this.#answer(frame));
    socket.on('data', (chunk: Buffer) => {
      if (this.#untouched) this.#lookAt(chunk);
      try {
        if (!this.#closed) frames.push(chunk);
      } catch (cause) {
        this.#close(new KafkaError('CONNECTION', `${address} sent bytes that are not Kafka`, { cause }));
      }
    });
    socket.on('error', (cause) => {
      // Only in the beginning is it a refusal; in the middle of a stream nothing may be said of what was sent.
      const tls = options.tls !== undefined && this.#untouched;
      this.#close(connectionError(address, cause, tls));
    });
    socket.on('close', () => this.#close(this.#closedByBroker()));
  }

  get open(): boolean {
    return this.#closed === undefined;
  }

  /**
   * Sends and awaits one answer. KafkaError CONNECTION or TIMEOUT leave open whether the broker acted.
   * The buffers that `encode` gives are not copied: they must stay unchanged until the promise settles.
   */
  call<A extends readonly unknown[], R>(api: Api<A, R>, args: A): Promise<R> {
    if (this.#renewAtMs <= Date.now()) void this.#renew();
    const held = this.#held;
    if (!held) return this.#send(api, args);
    return new Promise<R>((resolve, reject) => {
      held.push(() => this.#send(api, args).then(resolve, reject));
    });
  }

  #send<A extends readonly unknown[], R>(api: Api<A, R>, args: A): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      if (this.#closed) {
        reject(this.#closed);
        return;
      }
      const correlationId = (this.#correlationId = (this.#correlationId + 1) & 0x7fffffff);
      const settle = (frame: Buffer): void => {
        try {
          resolve(decodeAnswer(api, frame));
        } catch (cause) {
          reject(new KafkaError('MALFORMED_RESPONSE', `of request ${api.key} v${api.version}`, { cause }));
        }
      };
      const body = api.encode(...args);
      this.#pending.push({
        correlationId,
        deadline: Date.now() + this.#options.requestTimeoutMs,
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
    const beganAtMs = Date.now();
    const lifetimeMs = await authenticate(this.#address, sasl, (api, args) => this.#send(api, args));
    this.#renewAtMs = beganAtMs + 0.9 * lifetimeMs;
  }

  /** Calls wait from here on: the broker takes nothing but SASL until it is done with it. */
  async #renew(): Promise<void> {
    this.#renewAtMs = Infinity;
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

  /** A listener that requires SASL answers ApiVersions to anybody, and closes at the next request without a word. */
  #closedByBroker(): KafkaError {
    const early = this.#answers <= 1 && !this.#options.sasl;
    const hint = early ? ' (a listener that wants a user and password does so when none is given)' : '';
    return new KafkaError('CONNECTION', `${this.#address} closed the connection${hint}`);
  }

  #lookAt(first: Buffer): void {
    this.#untouched = false;
    if (this.#options.tls || !looksLikeTls(first)) return;
    const message = `${this.#address} speaks TLS, this client does not: turn TLS on, or use another listener`;
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
    this.#socket.cork();
    this.#socket.write(header);
    for (const part of body) if (part.length > 0) this.#socket.write(part);
    this.#socket.uncork();
  }

  #answer(frame: Buffer): void {
    const pending = this.#pending.shift();
    const correlationId = frame.length >= 4 ? frame.readInt32BE(0) : -1;
    if (!pending || pending.correlationId !== correlationId) {
      const error = new KafkaError('CONNECTION', `answer ${correlationId} was not asked for`);
      pending?.fail(error);
      this.#close(error);
      return;
    }
    this.#answers++;
    pending.settle(frame);
    this.#watch();
  }

  /** Half-open sockets are found here: the oldest unanswered request has a deadline, the whole connection falls with it. */
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
        if (first && first.deadline <= Date.now()) {
          this.#close(new KafkaError('TIMEOUT', `no answer within ${this.#options.requestTimeoutMs} ms`));
        } else {
          this.#watch();
        }
      },
      Math.max(1, oldest.deadline - Date.now()),
    );
  }

  #close(error: KafkaError): void {
    if (this.#closed) return;
    this.#closed = error;
    clearTimeout(this.#timer);
    this.#socket.destroy();
    for (const pending of this.#pending.splice(0)) pending.fail(error);
    this.#whenQuiet?.();
  }
}

import type { Socket } from 'node:net';
import { Connection as WireConnection } from '@platformatic/kafka';
import type { ConnectionOptions as WireConnectionOptions } from '@platformatic/kafka';
import { decodeAnswer } from '../requests/define.ts';
import type { Api } from '../requests/define.ts';
import { KafkaError } from './errors.ts';
import { FrameAssembler } from './frame-assembler.ts';

export interface ConnectionOptions {
  clientId: string;
  connectTimeoutMs: number;
  requestTimeoutMs: number;
  sasl?: WireConnectionOptions['sasl'];
  tls?: WireConnectionOptions['tls'];
}

interface Pending {
  correlationId: number;
  deadline: number;
  settle(frame: Buffer): void;
  fail(error: KafkaError): void;
}

/**
 * One socket to one broker. A broker serves one request of a connection at a time and answers in order, so requests
 * may be pipelined and only the oldest needs a clock. The wire library opens the socket and authenticates; framing is
 * ours: its reader would walk all socket chunks for every field, and its writer joins every request into one buffer.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #clientId: Buffer;
  readonly #requestTimeoutMs: number;
  readonly #pending: Pending[] = [];
  #correlationId = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed: KafkaError | undefined;

  /** Throws KafkaError CONNECTION when the broker cannot be reached, SASL or TLS problems named in `cause`. */
  static async open(host: string, port: number, options: ConnectionOptions): Promise<Connection> {
    const wire = new WireConnection(options.clientId, {
      connectTimeout: options.connectTimeoutMs,
      requestTimeout: options.requestTimeoutMs,
      ...(options.sasl ? { sasl: options.sasl } : {}),
      ...(options.tls ? { tls: options.tls } : {}),
    });
    // The failure reaches us by the promise; without a listener Node would throw it again.
    wire.on('error', ignoreTwin);
    try {
      await wire.connect(host, port);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new KafkaError('CONNECTION', `cannot connect to ${host}:${port}: ${reason}`, { cause });
    }
    return new Connection(wire.socket, `${host}:${port}`, options);
  }

  private constructor(socket: Socket, address: string, options: ConnectionOptions) {
    this.#socket = socket;
    this.#clientId = Buffer.from(options.clientId);
    this.#requestTimeoutMs = options.requestTimeoutMs;
    const frames = new FrameAssembler((frame) => this.#answer(frame));
    socket.removeAllListeners('data');
    socket.on('data', (chunk: Buffer) => {
      try {
        frames.push(chunk);
      } catch (cause) {
        this.#close(new KafkaError('CONNECTION', `${address} sent bytes that are not Kafka`, { cause }));
      }
    });
    socket.on('close', () => this.#close(new KafkaError('CONNECTION', `${address} closed the connection`)));
  }

  get open(): boolean {
    return this.#closed === undefined;
  }

  /**
   * Sends and awaits one answer. KafkaError CONNECTION or TIMEOUT leave open whether the broker acted.
   * The buffers that `encode` gives are not copied: they must stay unchanged until the promise settles.
   */
  call<A extends readonly unknown[], R>(api: Api<A, R>, args: A): Promise<R> {
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
        deadline: Date.now() + this.#requestTimeoutMs,
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

  #write(api: { key: number; version: number }, correlationId: number, body: readonly Buffer[]): void {
    let bodyBytes = 0;
    for (const part of body) bodyBytes += part.length;
    const clientId = this.#clientId;
    const header = Buffer.allocUnsafe(15 + clientId.length);
    header.writeInt32BE(header.length - 4 + bodyBytes, 0);
    header.writeInt16BE(api.key, 4);
    header.writeInt16BE(api.version, 6);
    header.writeInt32BE(correlationId, 8);
    header.writeInt16BE(clientId.length, 12);
    clientId.copy(header, 14);
    header[14 + clientId.length] = 0; // no tagged fields
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
    pending.settle(frame);
    this.#watch();
  }

  /** Half-open sockets are found here: the oldest unanswered request has a deadline, the whole connection falls with it. */
  #watch(): void {
    const oldest = this.#pending[0];
    if (!oldest) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      return;
    }
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        const first = this.#pending[0];
        if (first && first.deadline <= Date.now()) {
          this.#close(new KafkaError('TIMEOUT', `no answer within ${this.#requestTimeoutMs} ms`));
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
  }
}

function ignoreTwin(): void {}

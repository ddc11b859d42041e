import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

/** A request frame: length, api key, version 0, correlation id, body. */
export function request(apiKey: number, correlationId: number, body: string): Buffer {
  const frame = Buffer.alloc(12 + Buffer.byteLength(body));
  frame.writeInt32BE(frame.length - 4, 0);
  frame.writeInt16BE(apiKey, 4);
  frame.writeInt32BE(correlationId, 8);
  frame.write(body, 12);
  return frame;
}

/** A peer that answers each request frame with its correlation id and body, and remembers what it saw. */
export async function startAnswering(): Promise<
  { port: number; seen: number[]; received: () => number } & AsyncDisposable
> {
  const sockets = new Set<Socket>();
  const seen: number[] = [];
  let receivedBytes = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    let held = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      receivedBytes += chunk.length;
      held = Buffer.concat([held, chunk]);
      while (held.length >= 4 && held.length >= 4 + held.readInt32BE(0)) {
        const frame = held.subarray(0, 4 + held.readInt32BE(0));
        held = held.subarray(frame.length);
        seen.push(frame.readInt32BE(8));
        const answer = Buffer.from(frame.subarray(4));
        answer.writeInt32BE(answer.length - 4, 0);
        socket.write(answer);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    received: () => receivedBytes,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** The other peer: sends, collects the answers' correlation ids, and says how its connection ended. */
export async function openClient(port: number): Promise<TestClient> {
  const client = new TestClient(connect({ host: '127.0.0.1', port, allowHalfOpen: true }));
  await client.connected;
  return client;
}

export class TestClient {
  readonly socket: Socket;
  readonly connected: Promise<unknown>;
  /** 'FIN', or the code of the error. */
  readonly ended: Promise<string>;
  receivedBytes = 0;
  #held = Buffer.alloc(0);
  readonly #answers: number[] = [];
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    this.connected = once(socket, 'connect');
    this.ended = new Promise((resolve) => {
      socket.on('end', () => resolve('FIN'));
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  send(frame: Buffer): void {
    this.socket.write(frame);
  }

  /** The correlation ids of the first `count` answers. */
  async answers(count: number): Promise<number[]> {
    while (this.#answers.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#answers.slice(0, count);
  }

  get answered(): number[] {
    return [...this.#answers];
  }

  #take(chunk: Buffer): void {
    this.receivedBytes += chunk.length;
    this.#held = Buffer.concat([this.#held, chunk]);
    while (this.#held.length >= 4 && this.#held.length >= 4 + this.#held.readInt32BE(0)) {
      this.#answers.push(this.#held.readInt32BE(4));
      this.#held = this.#held.subarray(4 + this.#held.readInt32BE(0));
    }
    this.#wake();
  }
}

import type { Socket } from 'node:net';
import { FrameSplitter } from './frames.ts';
import { LostPackets, type Loss } from './loss.ts';

export type Direction = 'toBroker' | 'toClient';

/** What happens to a frame, decided when its header has come. */
export type Verdict = 'pass' | 'swallow' | 'cut';

/** The faults that all connections of a proxy share; read each time bytes move. */
export interface StandingFaults {
  delayMs: number;
  loss: Loss | undefined;
  stalled: Record<Direction, boolean>;
  /** Bytes that may still pass in a direction before the connection that carries the next one is cut. */
  allowance: Record<Direction, number | undefined>;
}

/**
 * One direction of a connection: order kept, at most 1 MiB held back here, then the source is not read any
 * more.
 */
export class Flow {
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #connection: number;
  readonly #direction: Direction;
  readonly #faults: StandingFaults;
  readonly #decide: (header: Buffer) => Verdict;
  readonly #cut: () => void;
  readonly #splitter: FrameSplitter;
  /** Without bytes: the cut. */
  readonly #queue: { bytes: Buffer | undefined; dueMs: number }[] = [];
  #queuedBytes = 0;
  #verdict: Verdict = 'pass';
  #ended = false;
  #timer: NodeJS.Timeout | undefined;
  #framed: boolean | undefined;
  #packets: LostPackets | undefined;

  constructor(o: {
    source: Socket;
    sink: Socket;
    /** Its number at the proxy. */
    connection: number;
    direction: Direction;
    headerBytes: number;
    faults: StandingFaults;
    decide: (header: Buffer) => Verdict;
    cut: () => void;
  }) {
    this.#source = o.source;
    this.#sink = o.sink;
    this.#connection = o.connection;
    this.#direction = o.direction;
    this.#faults = o.faults;
    this.#decide = o.decide;
    this.#cut = o.cut;
    this.#splitter = new FrameSplitter(o.headerBytes);
    o.source.on('data', (chunk: Buffer) => this.#take(chunk));
    o.source.on('end', () => {
      this.#ended = true;
      this.pump();
    });
    o.sink.on('drain', () => this.pump());
  }

  /** Moves what may move; called again when a standing fault changes. */
  pump(): void {
    clearTimeout(this.#timer);
    while (!this.#faults.stalled[this.#direction] && !this.#sink.destroyed && !this.#sink.writableNeedDrain) {
      const next = this.#queue[0];
      if (!next) {
        if (this.#ended) this.#sink.end();
        break;
      }
      const waitMs = next.dueMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.pump(), waitMs);
        break;
      }
      this.#queue.shift();
      // What came before the cut is to arrive: cut once it has been handed to the system.
      if (!next.bytes) return void this.#sink.end(this.#cut);
      this.#queuedBytes -= next.bytes.length;
      if (!this.#forward(next.bytes)) return;
    }
    // Not reading is how a peer learns of a full or stalled proxy: its socket buffers fill up.
    if (this.#faults.stalled[this.#direction] || this.#queuedBytes > 1 << 20) this.#source.pause();
    else this.#source.resume();
  }

  #take(chunk: Buffer): void {
    const dueMs = performance.now() + this.#faults.delayMs + this.#lostForMs(chunk.length);
    // A TLS handshake begins with 0x16, a Kafka frame below 256 MiB does not: its frames cannot be read,
    // only its bytes.
    this.#framed ??= chunk[0] !== 0x16;
    for (const { bytes, header } of this.#framed
      ? this.#splitter.split(chunk)
      : [{ bytes: chunk, header: undefined }]) {
      // Nothing follows a cut.
      if (header && this.#verdict !== 'cut') this.#verdict = this.#decide(header);
      if (this.#verdict === 'swallow') continue;
      if (this.#verdict === 'cut') {
        this.#queue.push({ bytes: undefined, dueMs });
        break;
      }
      this.#queue.push({ bytes, dueMs });
      this.#queuedBytes += bytes.length;
    }
    this.pump();
  }

  #lostForMs(bytes: number): number {
    const { loss } = this.#faults;
    if (loss === undefined) return 0;
    if (this.#packets?.loss !== loss) {
      this.#packets = new LostPackets(loss, this.#connection, this.#direction);
    }
    return this.#packets.isLost(bytes) ? loss.againMs : 0;
  }

  /** False when the connection has been cut. */
  #forward(bytes: Buffer): boolean {
    // Half-closed by a fault: what still comes for that side has nowhere to go.
    if (this.#sink.writableEnded) return true;
    const allowance = this.#faults.allowance[this.#direction];
    if (allowance === undefined || bytes.length < allowance) {
      this.#sink.write(bytes);
      if (allowance !== undefined) this.#faults.allowance[this.#direction] = allowance - bytes.length;
      return true;
    }
    this.#faults.allowance[this.#direction] = undefined;
    this.#sink.write(bytes.subarray(0, allowance), this.#cut);
    return false;
  }
}

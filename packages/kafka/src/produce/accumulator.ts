import type { OutgoingRecord } from '../bytes/encode-batch.ts';

/** A batch that still grows. */
export interface OpenBatch {
  topic: string;
  partition: number;
  records: OutgoingRecord[];
  tokens: unknown[];
  bytes: number;
  /** When the first record came, ms. */
  sinceMs: number;
}

/** Collects records per partition until a batch is full or its first record has waited long enough. */
export class Accumulator {
  readonly #lingerMs: number;
  readonly #batchBytes: number;
  readonly #seal: (batch: OpenBatch) => void;
  #open = new Map<string, Map<number, OpenBatch>>();
  #scheduled = false;

  constructor(lingerMs: number, batchBytes: number, seal: (batch: OpenBatch) => void) {
    this.#lingerMs = lingerMs;
    this.#batchBytes = batchBytes;
    this.#seal = seal;
  }

  add(topic: string, partition: number, record: OutgoingRecord, token: unknown, bytes: number): void {
    let partitions = this.#open.get(topic);
    if (!partitions) this.#open.set(topic, (partitions = new Map()));
    let batch = partitions.get(partition);
    if (batch && batch.bytes + bytes > this.#batchBytes) {
      partitions.delete(partition);
      this.#seal(batch);
      batch = undefined;
    }
    if (!batch) {
      batch = { topic, partition, records: [], tokens: [], bytes: 0, sinceMs: Date.now() };
      partitions.set(partition, batch);
    }
    batch.records.push(record);
    batch.tokens.push(token);
    batch.bytes += bytes;
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (this.#lingerMs > 0) setTimeout(() => this.#due(), this.#lingerMs);
    else setImmediate(() => this.#due());
  }

  /** Closes every open batch. */
  flush(): void {
    const open = this.#open;
    this.#open = new Map();
    for (const partitions of open.values()) for (const batch of partitions.values()) this.#seal(batch);
  }

  #due(): void {
    this.#scheduled = false;
    this.flush();
  }
}

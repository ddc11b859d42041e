import { encodeBatch, recordBytesMax, type OutgoingRecord } from '@penstock/kafka';

/** Where a batch came from: the raw records and events of it, to find the one that Kafka refuses. */
export interface BatchSource {
  /** Raw offset and event index of each record, in the order of the batch. */
  readonly records: readonly RecordSource[];
}

export interface RecordSource {
  readonly rawOffset: bigint;
  /** -1 for the record of a whole request. */
  readonly index: number;
}

export interface OutputBatchesOptions {
  /** Before compression; below max.message.bytes of every output topic. One larger record still goes, alone. */
  batchBytesMax: number;
  /** Takes over the bytes, which are not compressed yet. */
  send(topic: string, partition: number, batch: { bytes: Buffer; count: number }): void;
}

interface OpenBatch {
  records: OutgoingRecord[];
  sources: RecordSource[];
  bytes: number;
}

/** Collects the outputs of one partition of raw (the same partition of every output topic) into batches of bounded size. */
export class OutputBatches {
  /** After a batch was refused by Kafka: every record alone, until the poison has shown itself. */
  oneRecordEach = false;
  readonly #partition: number;
  readonly #options: OutputBatchesOptions;
  readonly #open = new Map<string, OpenBatch>();
  /** Per topic, in the order in which they were sent in this transaction. */
  readonly #sent = new Map<string, BatchSource[]>();
  #openBytes = 0;

  constructor(partition: number, options: OutputBatchesOptions) {
    this.#partition = partition;
    this.#options = options;
  }

  /** Bytes collected and not yet sent. */
  get openBytes(): number {
    return this.#openBytes;
  }

  /** Keeps the record until its batch is full or flushed: its key and value must not be reused by then. */
  add(topic: string, record: OutgoingRecord, source: RecordSource): void {
    const bytes = recordBytesMax(record);
    let open = this.#open.get(topic);
    if (open !== undefined && open.bytes + bytes > this.#options.batchBytesMax) {
      this.#send(topic, open);
      open = undefined;
    }
    if (open === undefined) {
      open = { records: [], sources: [], bytes: 0 };
      this.#open.set(topic, open);
    }
    open.records.push(record);
    open.sources.push(source);
    open.bytes += bytes;
    this.#openBytes += bytes;
    if (this.oneRecordEach || open.bytes > this.#options.batchBytesMax) this.#send(topic, open);
  }

  /** Sends everything collected. */
  flush(): void {
    for (const [topic, open] of this.#open) this.#send(topic, open);
  }

  /** The transaction is over: committed, or dropped together with what was not sent yet. */
  clear(): void {
    this.#open.clear();
    this.#sent.clear();
    this.#openBytes = 0;
  }

  /** What batch number `index` of this transaction to `topic` was made from. */
  sourceOf(topic: string, index: number): BatchSource | undefined {
    return this.#sent.get(topic)?.[index];
  }

  #send(topic: string, open: OpenBatch): void {
    this.#open.delete(topic);
    this.#openBytes -= open.bytes;
    const sent = this.#sent.get(topic) ?? [];
    this.#sent.set(topic, sent);
    sent.push({ records: open.sources });
    this.#options.send(topic, this.#partition, encodeBatch(open.records));
  }
}

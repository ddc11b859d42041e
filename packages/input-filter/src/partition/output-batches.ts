import { encodeBatch, recordBytesMax, type OutgoingRecord } from '@penstock/kafka';
import type { OutputBudget } from './output-budget.ts';

/** What a batch was made from, to find the event that Kafka refuses. */
export interface BatchSource {
  /** In the order of the batch. */
  readonly records: readonly RecordSource[];
}

export interface RecordSource {
  readonly rawOffset: bigint;
  /** Place of the event in its request; -1 for the record of a whole request. */
  readonly index: number;
}

/** Where the outputs of a thread go. */
export interface Output {
  /**
   * Before compression; below max.message.bytes of every output topic. One larger record still goes, alone.
   */
  readonly batchBytesMax: number;
  /** Of all partitions of the thread together. */
  readonly budget: OutputBudget;
  /** Takes over the bytes, which are not compressed yet. */
  send(topic: string, partition: number, batch: { bytes: Buffer; count: number }): void;
}

interface OpenBatch {
  records: OutgoingRecord[];
  sources: RecordSource[];
  bytes: number;
}

/**
 * Collects what is made from one partition of raw into batches of bounded size. It all goes to the partition
 * of the same number of each output topic.
 */
export class OutputBatches {
  /** After Kafka refused a batch: sends every record alone, until the poison has shown itself. */
  oneRecordEach = false;
  readonly #partition: number;
  readonly #output: Output;
  readonly #open = new Map<string, OpenBatch>();
  /** By topic, in the order in which they were sent in this transaction. */
  readonly #sent = new Map<string, BatchSource[]>();
  /** Of this transaction, sent or not. */
  #bytes = 0;

  constructor(partition: number, output: Output) {
    this.#partition = partition;
    this.#output = output;
  }

  /**
   * Keeps the record until its batch is full or flushed: its key and value must not be reused before that.
   */
  add(topic: string, record: OutgoingRecord, source: RecordSource): void {
    const bytes = recordBytesMax(record);
    let open = this.#open.get(topic);
    if (open !== undefined && open.bytes + bytes > this.#output.batchBytesMax) {
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
    this.#bytes += bytes;
    this.#output.budget.spend(bytes);
    if (this.oneRecordEach || open.bytes > this.#output.batchBytesMax) this.#send(topic, open);
  }

  /** Sends everything that is collected. */
  flush(): void {
    for (const [topic, open] of this.#open) this.#send(topic, open);
  }

  /** The transaction is over. Whatever was not sent is dropped with it. */
  clear(): void {
    this.#open.clear();
    this.#sent.clear();
    this.#output.budget.spend(-this.#bytes);
    this.#bytes = 0;
  }

  /** What batch number `index` of this transaction to `topic` was made from. */
  sourceOf(topic: string, index: number): BatchSource | undefined {
    return this.#sent.get(topic)?.[index];
  }

  #send(topic: string, open: OpenBatch): void {
    this.#open.delete(topic);
    const sent = this.#sent.get(topic) ?? [];
    this.#sent.set(topic, sent);
    sent.push({ records: open.sources });
    this.#output.send(topic, this.#partition, encodeBatch(open.records));
  }
}

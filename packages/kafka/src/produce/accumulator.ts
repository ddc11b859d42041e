import { BlockPool } from '../bytes/block-pool.ts';
import type { Codec } from '../bytes/codec.ts';
import type { OutgoingRecord } from '../bytes/encode-batch.ts';
import { GrowingBatch, recordFrameBytesMax } from '../bytes/growing-batch.ts';
import { HeaderBytes } from '../bytes/header-bytes.ts';
import type { OpenBatch, ProducerBatch, ProducerPartition } from './producer-partition.ts';

export interface AccumulatorOptions {
  lingerMs: number;
  batchBytes: number;
  memoryBytes: number;
  partitionBytes: number;
  deliveryTimeoutMs: number;
  codec: Codec;
  /** A batch can take no more. */
  onFull(partition: ProducerPartition): void;
  /** What is open has waited long enough. */
  onDue(partition: ProducerPartition): void;
}

/**
 * Writes records into the open batch of their partition and knows what all of it costs. An open batch that is due stays open, and
 * grows, until the sender has room for it: under load few large requests leave, not many small ones.
 */
export class Accumulator {
  readonly #o: AccumulatorOptions;
  readonly #pool: BlockPool;
  readonly #headers = new HeaderBytes();
  #lingering: ProducerPartition[] = [];
  #scheduled = false;
  #heldBytes = 0;

  constructor(options: AccumulatorOptions) {
    this.#o = options;
    this.#pool = new BlockPool(options.memoryBytes);
  }

  /** Memory of all that is open, queued or under way: blocks, lists of tokens, what compression made. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Copies the record, or answers false and takes nothing when it would go beyond a bound. */
  add(to: ProducerPartition, record: OutgoingRecord, token: unknown): boolean {
    const { batchBytes, memoryBytes, partitionBytes } = this.#o;
    this.#headers.write(record.headers);
    const bytes =
      recordFrameBytesMax + (record.key?.length ?? 0) + (record.value?.length ?? 0) + this.#headers.length;
    if (to.open && to.open.records.byteCount + bytes > batchBytes) this.#o.onFull(to);
    const blocks = to.open ? to.open.records.blocksFor(bytes) : GrowingBatch.blocksFor(bytes, this.#pool);
    const heldMax = blocks * this.#pool.blockBytes + recordOverheadBytes + (to.open ? 0 : batchOverheadBytes);
    if (this.#heldBytes + heldMax > memoryBytes) return false;
    // A record that is larger than its partition's share still has to pass: alone.
    if (to.heldBytes + heldMax > partitionBytes && to.heldBytes > 0) return false;
    const open = (to.open ??= this.#begin(to));
    const blocksBefore = open.records.blockCount;
    open.records.add(record, this.#headers);
    open.tokens.push(token);
    this.#hold(
      to,
      open,
      recordOverheadBytes + (open.records.blockCount - blocksBefore) * this.#pool.blockBytes,
    );
    return true;
  }

  /** Closes what is open; its bytes are not signed yet. */
  close(partition: ProducerPartition): ProducerBatch | undefined {
    const { open } = partition;
    if (!open) return undefined;
    partition.open = undefined;
    const { records, tokens, heldBytes, deadline } = open;
    return {
      parts: records.parts(),
      byteCount: records.byteCount,
      recordsCrc: records.recordsCrc,
      blocks: records.blocks,
      fields: {
        codec: this.#o.codec,
        count: records.count,
        baseTimestampMs: records.baseTimestampMs,
        maxTimestampMs: records.maxTimestampMs,
      },
      ...{ count: records.count, tokens, heldBytes, deadline },
      ...{ order: 0, sequence: -1, signed: false, maybeStored: false, reported: false },
    };
  }

  /** The batch needs its blocks no more, or nothing at all: from now on it holds `heldBytes`. Nobody reads them, the kernel neither. */
  release(partition: ProducerPartition, batch: ProducerBatch, heldBytes = 0): void {
    this.#pool.giveBack(batch.blocks);
    batch.blocks = [];
    this.#hold(partition, batch, heldBytes - batch.heldBytes);
  }

  /** What is open is due now. */
  flush(): void {
    const lingering = this.#lingering;
    this.#lingering = [];
    for (const partition of lingering) {
      partition.lingers = false;
      if (partition.open) this.#o.onDue(partition);
    }
  }

  /** Nothing was held for a while: the pool's memory goes back to the process. */
  rest(): void {
    if (this.#heldBytes === 0) this.#pool.forget();
  }

  #begin(to: ProducerPartition): OpenBatch {
    const open = {
      records: new GrowingBatch(this.#pool, this.#o.codec === 'none'),
      tokens: [],
      heldBytes: 0,
      deadline: Date.now() + this.#o.deliveryTimeoutMs,
    };
    this.#hold(to, open, batchOverheadBytes + this.#pool.blockBytes);
    if (!to.lingers) {
      to.lingers = true;
      this.#lingering.push(to);
      this.#schedule();
    }
    return open;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const due = (): void => {
      this.#scheduled = false;
      this.flush();
    };
    if (this.#o.lingerMs > 0) setTimeout(due, this.#o.lingerMs);
    else setImmediate(due);
  }

  #hold(partition: ProducerPartition, batch: { heldBytes: number }, bytes: number): void {
    batch.heldBytes += bytes;
    partition.heldBytes += bytes;
    this.#heldBytes += bytes;
  }
}

/** The objects of a batch beside its bytes, and a record's place in a list of tokens that doubles when it is full. */
const batchOverheadBytes = 1024;
const recordOverheadBytes = 16;

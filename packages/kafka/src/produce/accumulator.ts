import { BlockPool } from '../bytes/block-pool.ts';
import type { OutgoingRecord } from '../bytes/encode-batch.ts';
import { GrowingBatch, recordFrameBytesMax } from '../bytes/growing-batch.ts';
import { HeaderBytes } from '../bytes/header-bytes.ts';
import type { Codec } from '../compression/codec.ts';
import type { OpenBatch, ProducerBatch, ProducerPartition } from './producer-partition.ts';

export interface AccumulatorOptions<Token> {
  lingerMs: number;
  batchBytes: number;
  memoryBytes: number;
  partitionBytes: number;
  deliveryTimeoutMs: number;
  codec: Codec;
  /** The open batch has no room for the next record. */
  onFull(partition: ProducerPartition<Token>): void;
  /** The open batch has waited long enough. */
  onDue(partition: ProducerPartition<Token>): void;
}

/**
 * Writes records into the open batch of their partition, and counts the memory of everything. An open batch
 * that is due stays open, and grows, until the sender has room for it: under load, few large requests leave
 * instead of many small ones.
 */
export class Accumulator<Token> {
  readonly #o: AccumulatorOptions<Token>;
  readonly #pool: BlockPool;
  readonly #headers = new HeaderBytes();
  #lingering: ProducerPartition<Token>[] = [];
  #scheduled = false;
  #heldBytes = 0;

  constructor(options: AccumulatorOptions<Token>) {
    this.#o = options;
    this.#pool = new BlockPool(options.memoryBytes);
  }

  /** Memory of everything that is open, queued or in flight: blocks, lists of tokens, compressed bytes. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Copies the record. Returns false and takes nothing when it would exceed a bound. */
  add(to: ProducerPartition<Token>, record: OutgoingRecord, token: Token): boolean {
    const { batchBytes, memoryBytes, partitionBytes } = this.#o;
    this.#headers.write(record.headers);
    const bytes =
      recordFrameBytesMax + (record.key?.length ?? 0) + (record.value?.length ?? 0) + this.#headers.length;
    if (to.open && to.open.records.byteCount + bytes > batchBytes) this.#o.onFull(to);
    const blocks = to.open ? to.open.records.blocksFor(bytes) : GrowingBatch.blocksFor(bytes, this.#pool);
    const heldMax = blocks * this.#pool.blockBytes + recordOverheadBytes + (to.open ? 0 : batchOverheadBytes);
    if (this.#heldBytes + heldMax > memoryBytes) return false;
    // A record that is larger than its partition's share must still pass. It goes alone.
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

  /** Closes the open batch. Its header is not signed yet. */
  close(partition: ProducerPartition<Token>): ProducerBatch<Token> | undefined {
    const { open } = partition;
    if (!open) return undefined;
    partition.open = undefined;
    const { records, tokens, heldBytes, deadlineAt } = open;
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
      ...{ count: records.count, tokens, heldBytes, deadlineAt },
      ...{ order: 0, sequence: -1, signed: false, maybeStored: false, reported: false },
    };
  }

  /**
   * The batch does not need its blocks any more. From now on it holds `heldBytes`. Nobody may still read the
   * blocks, and no socket may still send them.
   */
  release(partition: ProducerPartition<Token>, batch: ProducerBatch<Token>, heldBytes = 0): void {
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

  /** There was no work for a while: gives the pool's memory back to the process. */
  rest(): void {
    if (this.#heldBytes === 0) this.#pool.forget();
  }

  #begin(to: ProducerPartition<Token>): OpenBatch<Token> {
    const open: OpenBatch<Token> = {
      records: new GrowingBatch(this.#pool, this.#o.codec === 'none'),
      tokens: [],
      heldBytes: 0,
      deadlineAt: performance.now() + this.#o.deliveryTimeoutMs,
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

  #hold(partition: ProducerPartition<Token>, batch: { heldBytes: number }, bytes: number): void {
    batch.heldBytes += bytes;
    partition.heldBytes += bytes;
    this.#heldBytes += bytes;
  }
}

/** The objects of a batch apart from its bytes. */
const batchOverheadBytes = 1024;
/** A record's slot in a list of tokens that doubles when it is full. */
const recordOverheadBytes = 16;

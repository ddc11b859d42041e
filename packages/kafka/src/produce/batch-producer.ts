import { crc32c } from '@node-rs/crc32';
import { batchHeaderBytes } from '../bytes/batch-header.ts';
import { asideBytesMin, compress, compressAside } from '../bytes/codec.ts';
import type { Codec } from '../bytes/codec.ts';
import type { OutgoingRecord } from '../bytes/encode-batch.ts';
import { restamp } from '../bytes/restamp.ts';
import { producerEpochMax, sequenceAfter } from '../bytes/sequence.ts';
import { signBatch } from '../bytes/sign-batch.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { KafkaError } from '../cluster/errors.ts';
import type { Link } from '../cluster/link.ts';
import type { ProduceAnswer } from '../requests/produce.ts';
import { Accumulator } from './accumulator.ts';
import { judgeProduce } from './judge-produce.ts';
import type { Lane } from './lane.ts';
import type { BatchProducerOptions, Settlement } from './producer-options.ts';
import { newProducerId } from './producer-identity.ts';
import type { PartitionStamp, ProducerBatch, ProducerPartition } from './producer-partition.ts';
import { inFlightMax, Sender } from './sender.ts';
import type { Verdict } from './sender.ts';

/** Opens an idempotent producer with acks=all. Throws KafkaError when no broker gives a producer id in time. */
export async function startBatchProducer(
  cluster: Cluster,
  options: BatchProducerOptions,
): Promise<BatchProducer> {
  const identity = await newProducerId(cluster, options.deliveryTimeoutMs ?? 30_000);
  return new BatchProducer(cluster, identity.producerId, options);
}

/**
 * Idempotent producer (KIP-98, KIP-360). The broker keeps, per producer id, epoch and partition, the last sequence and
 * five batches: a resend of the same bytes is stored once.
 *
 * If this process dies: before a send, nothing is stored and nothing was acknowledged; after a send, the batch may be
 * stored though nobody was told: the client asks again and its copy is de-duplicated later by event id; after the
 * answer, every in-sync replica has it.
 */
export class BatchProducer implements AsyncDisposable {
  readonly #cluster: Cluster;
  readonly #link: Link;
  readonly #sender: Sender<ProducerBatch>;
  readonly #accumulator: Accumulator;
  /** By topic and partition: `append` looks here for every record, so without a name put together. */
  readonly #partitions = new Map<string, ProducerPartition[]>();
  readonly #ofLane = new Map<Lane<ProducerBatch>, ProducerPartition>();
  readonly #broken = new Set<ProducerPartition>();
  readonly #onSettled: (settlement: Settlement) => void;
  readonly #codec: Codec;
  readonly #deliveryTimeoutMs: number;
  readonly #sweeper: NodeJS.Timeout;
  readonly #begin: { producerEpoch: number; nextSequence: number };
  #producerId: bigint;
  #unsettled = 0;
  #idleSweeps = 0;
  /** Somebody drains, and waits for the next settlement. */
  #progress: PromiseWithResolvers<void> | undefined;
  #closed = false;

  /** `begin` is where each partition's epoch and sequence begin: not at 0 only to see them run out. */
  constructor(
    cluster: Cluster,
    producerId: bigint,
    options: BatchProducerOptions,
    begin = { producerEpoch: 0, nextSequence: 0 },
  ) {
    this.#cluster = cluster;
    this.#begin = begin;
    this.#producerId = producerId;
    this.#onSettled = options.onSettled;
    this.#codec = options.codec ?? 'none';
    const batchBytes = options.batchBytes ?? 512 * 1024;
    const memoryBytes = options.memoryBytes ?? 64 * 1024 * 1024;
    this.#deliveryTimeoutMs = options.deliveryTimeoutMs ?? 30_000;
    this.#link = cluster.link('produce');
    this.#sender = new Sender<ProducerBatch>(cluster, this.#link, {
      transactionalId: null,
      fill: (lane) => this.#close(this.#ofLane.get(lane)!),
      stamp: (lane, batch) => this.#stamp(this.#ofLane.get(lane)!, batch),
      judge: (lane, batch, answer) => this.#judge(this.#ofLane.get(lane)!, batch, answer),
      progressed: () => this.#mendBroken(),
    });
    this.#accumulator = new Accumulator({
      lingerMs: options.lingerMs ?? 5,
      batchBytes,
      memoryBytes,
      partitionBytes: options.partitionBytes ?? Math.max(memoryBytes / 4, (inFlightMax + 1) * batchBytes),
      deliveryTimeoutMs: this.#deliveryTimeoutMs,
      codec: this.#codec,
      onFull: (partition) => {
        this.#close(partition);
        this.#sender.wake(partition.lane);
      },
      onDue: ({ lane }) => {
        lane.due = true;
        this.#sender.wake(lane);
      },
    });
    this.#sweeper = setInterval(() => this.#sweep(), sweepMs);
  }

  /** Memory of what is not yet settled, or settled and still on a socket: what `memoryBytes` bounds. */
  get bufferedBytes(): number {
    return this.#accumulator.heldBytes;
  }

  /**
   * Copies a record, or answers false and takes nothing when a memory bound is reached (the total, or that of this
   * partition) or the producer is closed. Key, value and headers may be used again at once.
   */
  append(topic: string, partition: number, record: OutgoingRecord, token: unknown): boolean {
    if (this.#closed) return false;
    const to = this.#partitions.get(topic)?.[partition] ?? this.#newPartition(topic, partition);
    if (!this.#accumulator.add(to, record, token)) return false;
    this.#unsettled++;
    return true;
  }

  /** Sends what waits and resolves when everything is settled: at most the delivery timeout, plus one request timeout. */
  async drain(): Promise<void> {
    while (this.#unsettled > 0) {
      this.#accumulator.flush();
      this.#progress ??= Promise.withResolvers<void>();
      await this.#progress.promise;
    }
  }

  /** Takes no more, drains, closes the connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.drain();
    clearInterval(this.#sweeper);
    this.#sender.close();
    this.#link[Symbol.dispose]();
  }

  #newPartition(topic: string, partition: number): ProducerPartition {
    let partitions = this.#partitions.get(topic);
    if (!partitions) this.#partitions.set(topic, (partitions = []));
    const lane = this.#sender.lane(topic, partition);
    const created = { lane, open: undefined, lingers: false, heldBytes: 0, stamp: undefined };
    partitions[partition] = created;
    this.#ofLane.set(lane, created);
    return created;
  }

  /** What is open goes into the queue: it is full, it is due and there is room, or it is too late for it. */
  #close(partition: ProducerPartition): void {
    partition.lane.due = false;
    const batch = this.#accumulator.close(partition);
    if (!batch) return;
    if (this.#codec !== 'none') this.#compress(partition, batch);
    partition.lane.push(batch);
  }

  /** The place in the queue is kept while a large batch is compressed in the thread pool; small ones are sooner done here. */
  #compress(partition: ProducerPartition, batch: ProducerBatch): void {
    const plain = Buffer.concat(batch.parts, batch.byteCount);
    this.#accumulator.release(partition, batch, plain.length);
    const records = plain.subarray(batchHeaderBytes);
    const compressed = (bytes: Buffer): void => {
      if (batch.heldBytes === 0) return; // its deadline was over before
      // A copy of its own size: Node's codecs hand out a view of memory for the worst case.
      const exact = Buffer.allocUnsafe(batchHeaderBytes + bytes.length);
      bytes.copy(exact, batchHeaderBytes);
      batch.parts = [exact];
      batch.byteCount = exact.length;
      batch.recordsCrc = crc32c(bytes);
      this.#accumulator.release(partition, batch, exact.length);
    };
    if (records.length < asideBytesMin) return compressed(compress(this.#codec, records));
    batch.parts = [];
    batch.byteCount = 0;
    compressAside(this.#codec, records).then((bytes) => {
      compressed(bytes);
      this.#sender.wake(partition.lane);
    }, endProcess);
  }

  /**
   * A broker without state for (id, epoch, partition) accepts any first sequence: were two in flight and the first lost,
   * the second would be stored and the first refused for ever. So the first of an epoch goes alone.
   */
  #stamp(partition: ProducerPartition, batch: ProducerBatch): void {
    if (batch.sequence >= 0) return;
    let { stamp } = partition;
    if (!stamp) {
      stamp = partition.stamp = {
        producerId: this.#producerId,
        ...this.#begin,
        broken: false,
        renewing: false,
      };
      partition.lane.inFlightMax = 1;
    }
    batch.sequence = stamp.nextSequence;
    stamp.nextSequence = sequenceAfter(batch.sequence, batch.count);
    const { producerId, producerEpoch } = stamp;
    const signature = { producerId, producerEpoch, baseSequence: batch.sequence, transactional: false };
    if (batch.signed) restamp(batch.parts[0]!, signature, batch.byteCount);
    else {
      const records = { crc: batch.recordsCrc, byteCount: batch.byteCount - batchHeaderBytes };
      signBatch(batch.parts[0]!, batch.fields, signature, records);
    }
    batch.signed = true;
  }

  #judge(partition: ProducerPartition, batch: ProducerBatch, answer: ProduceAnswer): Verdict {
    const { lane } = partition;
    const judgement = judgeProduce(answer.code, lane.isOldest(batch), batch.maybeStored);
    switch (judgement) {
      case 'written':
        if (!partition.stamp?.broken) lane.inFlightMax = inFlightMax;
        this.#settle(partition, batch, 'written', answer);
        return 'settled';
      case 'again':
        if (batch.reported) this.#break(partition); // its deadline is over: the gap it leaves is mended by a new epoch
        return 'again';
      case 'again-under-new-epoch':
        this.#break(partition);
        return 'again';
      case 'unknown':
      case 'refused':
        this.#break(partition);
        this.#settle(partition, batch, judgement, answer);
        return 'settled';
      case 'fatal':
        throw new KafkaError(answer.code, `Produce to ${lane.topic}-${lane.partition}: ${answer.message}`);
    }
  }

  #break(partition: ProducerPartition): void {
    if (!partition.stamp) return;
    partition.stamp.broken = true;
    partition.lane.inFlightMax = 0;
    this.#broken.add(partition);
  }

  /** Not under way any more: its memory is free, and the caller is told, unless it was already. */
  #settle(
    partition: ProducerPartition,
    batch: ProducerBatch,
    outcome: Settlement['outcome'],
    answer: ProduceAnswer,
  ): void {
    this.#accumulator.release(partition, batch);
    this.#report(partition, batch, outcome, answer);
  }

  #report(
    { lane }: ProducerPartition,
    batch: ProducerBatch,
    outcome: Settlement['outcome'],
    answer: ProduceAnswer,
  ): void {
    if (batch.reported) return;
    batch.reported = true;
    this.#unsettled -= batch.count;
    this.#onSettled({
      topic: lane.topic,
      partition: lane.partition,
      baseOffset: outcome === 'written' ? answer.baseOffset : -1n,
      tokens: batch.tokens,
      outcome,
      ...(outcome === 'written' ? {} : { error: new KafkaError(answer.code, answer.message) }),
    });
    this.#progress?.resolve();
    this.#progress = undefined;
  }

  /**
   * Goes on after a broken sequence, once nothing is in flight: under the next epoch, which also makes the broker refuse
   * late copies of the old one. What may be stored is reported as unknown, never sent again under a new epoch; what
   * is certainly not stored gets new sequences.
   */
  #mendBroken(): void {
    for (const partition of this.#broken) {
      const { lane, stamp } = partition;
      if (!stamp || stamp.renewing || lane.inFlight.length > 0) continue;
      lane.requeueFailed();
      const given = takeOut(lane.queue, ({ sequence, maybeStored, reported }) => {
        return sequence >= 0 && (maybeStored || reported);
      });
      for (const batch of lane.queue) batch.sequence = -1;
      this.#nextEpoch(partition, stamp);
      const answer = lost(lane, 'UNKNOWN_OUTCOME', 'an earlier batch broke the sequence');
      for (const batch of given) this.#settle(partition, batch, 'unknown', answer);
    }
  }

  #nextEpoch(partition: ProducerPartition, stamp: PartitionStamp): void {
    const { lane } = partition;
    const goOn = (): void => {
      stamp.broken = false;
      stamp.renewing = false;
      this.#broken.delete(partition);
      lane.inFlightMax = 1;
      this.#sender.wake(lane);
    };
    stamp.nextSequence = 0;
    if (stamp.producerEpoch < producerEpochMax) {
      stamp.producerEpoch++;
      goOn();
      return;
    }
    stamp.renewing = true;
    newProducerId(this.#cluster, Infinity).then(
      ({ producerId }) => {
        stamp.producerId = this.#producerId = producerId;
        stamp.producerEpoch = 0;
        goOn();
      },
      (error: unknown) => {
        // As in the sender: it ends the process, since this partition would wait for ever.
        if (!this.#closed) throw error;
      },
    );
  }

  /** Deadlines: nobody waits longer for an answer than the delivery timeout, whatever the broker does. */
  #sweep(): void {
    if (this.#accumulator.heldBytes === 0 && this.#broken.size === 0) {
      if (++this.#idleSweeps * sweepMs >= restAfterMs) this.#accumulator.rest();
      return;
    }
    this.#idleSweeps = 0;
    const now = Date.now();
    for (const partition of this.#ofLane.values()) {
      const { lane, open } = partition;
      if (open && open.deadline <= now) this.#close(partition);
      for (const batch of lane.inFlight) {
        // The bytes are still on the socket: they count until the answer, or the request timeout, frees them.
        if (batch.deadline <= now && !batch.reported)
          this.#report(partition, batch, 'unknown', this.#tooLate(lane));
      }
      for (const list of [lane.failed, lane.queue]) {
        for (const batch of takeOut(list, ({ deadline }) => deadline <= now)) {
          if (batch.sequence >= 0) this.#break(partition);
          this.#settle(partition, batch, batch.maybeStored ? 'unknown' : 'refused', this.#tooLate(lane));
        }
      }
    }
    this.#mendBroken();
  }

  #tooLate(lane: Lane<ProducerBatch>): ProduceAnswer {
    return lost(lane, 'TIMEOUT', `not acknowledged within ${this.#deliveryTimeoutMs} ms`);
  }
}

const sweepMs = 50;
/** Without work for so long, the memory that batches were written to is given up. */
const restAfterMs = 5_000;

/** A broken program: nothing was acknowledged wrongly, so the process may end. */
function endProcess(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** Removes first and answers then: who is told of them may append at once, and that must come behind what stays. */
function takeOut(list: ProducerBatch[], unwanted: (batch: ProducerBatch) => boolean): ProducerBatch[] {
  if (!list.some(unwanted)) return [];
  const out = list.filter(unwanted);
  list.splice(0, list.length, ...list.filter((batch) => !unwanted(batch)));
  return out;
}

function lost(lane: { topic: string; partition: number }, code: string, message: string): ProduceAnswer {
  const { topic, partition } = lane;
  return { topic, partition, code, baseOffset: -1n, message, leader: -1, leaderEpoch: -1 };
}

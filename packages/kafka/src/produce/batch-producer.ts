import { batchHeaderBytes } from '../bytes/batch-header.ts';
import type { OutgoingRecord } from '../bytes/encode-batch.ts';
import { restamp } from '../bytes/restamp.ts';
import { signBatch } from '../bytes/sign-batch.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Codec } from '../compression/codec.ts';
import type { BrokerConnections } from '../connection/broker-connections.ts';
import { KafkaError } from '../errors/errors.ts';
import type { ProduceAnswer } from '../requests/produce.ts';
import { Accumulator } from './accumulator.ts';
import { compressRecords } from './compress-records.ts';
import { decideProduce } from './decide-produce.ts';
import { newProducerId } from './new-producer-id.ts';
import { inFlightMax } from './partition-queue.ts';
import type { BatchProducerOptions, Settlement } from './producer-options.ts';
import { ProducerPartition } from './producer-partition.ts';
import type { ProducerBatch } from './producer-partition.ts';
import { noAnswer, Sender } from './sender.ts';
import type { BatchOutcome } from './sender.ts';

/**
 * Opens an idempotent producer with acks=all. `Token` is whatever the caller wants back with the outcome of a
 * record. Throws KafkaError when no broker gives a producer id in time.
 */
export async function startBatchProducer<Token>(
  cluster: Cluster,
  options: BatchProducerOptions<Token>,
): Promise<BatchProducer<Token>> {
  const producerId = await newProducerId(cluster, options.deliveryTimeoutMs ?? 30_000);
  return new BatchProducer(cluster, producerId, options);
}

/**
 * Idempotent producer (KIP-98, KIP-360). For each producer id, epoch and partition the broker remembers the
 * last sequence and five batches, so it stores a resend of the same bytes once.
 *
 * If this process dies before a send, nothing is stored and nothing was acknowledged. If it dies after a
 * send, the batch may be stored though nobody was told: the client asks again, and the copy is de-duplicated
 * later by event id. If it dies after the answer, every in-sync replica has the batch.
 */
export class BatchProducer<Token> implements AsyncDisposable {
  readonly #cluster: Cluster;
  readonly #connections: BrokerConnections;
  readonly #sender: Sender<ProducerBatch<Token>, ProducerPartition<Token>>;
  readonly #accumulator: Accumulator<Token>;
  /** By topic and partition. `append` looks here for every record, so no key string is built. */
  readonly #partitions = new Map<string, ProducerPartition<Token>[]>();
  readonly #broken = new Set<ProducerPartition<Token>>();
  readonly #onSettled: (settlement: Settlement<Token>) => void;
  readonly #codec: Codec;
  readonly #deliveryTimeoutMs: number;
  readonly #sweeper: NodeJS.Timeout;
  /** The id for partitions that nothing was sent to yet. */
  #producerId: bigint;
  #unsettled = 0;
  #idleSweeps = 0;
  /** Somebody drains, and waits for the next settlement. */
  #progress: PromiseWithResolvers<void> | undefined;
  #closed = false;

  /** Tests set `start` near the end of epochs and sequences, to see them run out. */
  constructor(
    cluster: Cluster,
    producerId: bigint,
    options: BatchProducerOptions<Token>,
    start = { producerEpoch: 0, nextSequence: 0 },
  ) {
    this.#cluster = cluster;
    this.#producerId = producerId;
    this.#onSettled = options.onSettled;
    this.#codec = options.codec ?? 'none';
    const batchBytes = options.batchBytes ?? 512 * 1024;
    const memoryBytes = options.memoryBytes ?? 64 * 1024 * 1024;
    this.#deliveryTimeoutMs = options.deliveryTimeoutMs ?? 30_000;
    this.#connections = cluster.connectionsFor('produce');
    this.#sender = new Sender(cluster, this.#connections, {
      transactionalId: null,
      newQueue: (topic, partition) => new ProducerPartition<Token>(topic, partition, start),
      fill: (partition) => this.#close(partition),
      stamp: (partition, batch) => this.#stamp(partition, batch),
      decide: (partition, batch, answer) => this.#decide(partition, batch, answer),
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
        this.#sender.wake(partition);
      },
      onDue: (partition) => {
        partition.due = true;
        this.#sender.wake(partition);
      },
    });
    this.#sweeper = setInterval(() => this.#sweep(), sweepMs);
  }

  /** Memory of what is not yet settled, or settled and still on a socket: what `memoryBytes` limits. */
  get bufferedBytes(): number {
    return this.#accumulator.heldBytes;
  }

  /**
   * Copies a record. Returns false and takes nothing when a memory bound is reached (the total, or that of
   * this partition) or the producer is closed. The caller may reuse key, value and headers at once.
   */
  append(topic: string, partition: number, record: OutgoingRecord, token: Token): boolean {
    if (this.#closed) return false;
    const to = this.#partitions.get(topic)?.[partition] ?? this.#newPartition(topic, partition);
    if (!this.#accumulator.add(to, record, token)) return false;
    this.#unsettled++;
    return true;
  }

  /**
   * Sends what waits. Resolves when everything is settled: after the delivery timeout plus one request
   * timeout at most.
   */
  async drain(): Promise<void> {
    while (this.#unsettled > 0) {
      this.#accumulator.flush();
      this.#progress ??= Promise.withResolvers<void>();
      await this.#progress.promise;
    }
  }

  /** Takes no more records, drains, and closes the connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.drain();
    clearInterval(this.#sweeper);
    this.#sender.close();
    this.#connections[Symbol.dispose]();
  }

  #newPartition(topic: string, partition: number): ProducerPartition<Token> {
    let partitions = this.#partitions.get(topic);
    if (!partitions) this.#partitions.set(topic, (partitions = []));
    return (partitions[partition] = this.#sender.queue(topic, partition));
  }

  /**
   * The open batch goes into the queue: it is full, or it is due and may be sent, or its delivery timeout has
   * ended.
   */
  #close(partition: ProducerPartition<Token>): void {
    partition.due = false;
    const batch = this.#accumulator.close(partition);
    if (!batch) return;
    if (this.#codec !== 'none') {
      const hold = (heldBytes: number): void => this.#accumulator.release(partition, batch, heldBytes);
      compressRecords(batch, this.#codec, hold, () => this.#sender.wake(partition));
    }
    partition.push(batch);
  }

  #stamp(partition: ProducerPartition<Token>, batch: ProducerBatch<Token>): void {
    if (batch.sequence >= 0) return;
    const stamp = { ...partition.sequence.stamp(batch.count, this.#producerId), transactional: false };
    batch.sequence = stamp.baseSequence;
    if (batch.signed) restamp(batch.parts[0]!, stamp, batch.byteCount);
    else {
      const records = { crc: batch.recordsCrc, byteCount: batch.byteCount - batchHeaderBytes };
      signBatch(batch.parts[0]!, batch.fields, stamp, records);
    }
    batch.signed = true;
  }

  #decide(
    partition: ProducerPartition<Token>,
    batch: ProducerBatch<Token>,
    answer: ProduceAnswer,
  ): BatchOutcome {
    const decision = decideProduce(answer.code, partition.isOldest(batch), batch.maybeStored);
    switch (decision) {
      case 'written':
        partition.sequence.written();
        this.#settle(partition, batch, 'written', answer);
        return 'settled';
      case 'again':
        // Its time is up, so it is not sent again. A new epoch closes the gap that it leaves.
        if (batch.reported) this.#break(partition);
        return 'again';
      case 'again-under-new-epoch':
        this.#break(partition);
        return 'again';
      case 'unknown':
      case 'refused':
        this.#break(partition);
        this.#settle(partition, batch, decision, answer);
        return 'settled';
      case 'fatal': {
        const where = `${partition.topic}-${partition.partition}`;
        throw new KafkaError(answer.code, `Produce to ${where}: ${answer.message}`);
      }
    }
  }

  #break(partition: ProducerPartition<Token>): void {
    partition.sequence.break();
    if (partition.sequence.isBroken) this.#broken.add(partition);
  }

  /**
   * The batch is not in flight any more: its memory is free, and the caller is told, unless it already was.
   */
  #settle(
    partition: ProducerPartition<Token>,
    batch: ProducerBatch<Token>,
    outcome: Settlement<Token>['outcome'],
    answer: ProduceAnswer,
  ): void {
    this.#accumulator.release(partition, batch);
    this.#report(partition, batch, outcome, answer);
  }

  #report(
    { topic, partition }: ProducerPartition<Token>,
    batch: ProducerBatch<Token>,
    outcome: Settlement<Token>['outcome'],
    answer: ProduceAnswer,
  ): void {
    if (batch.reported) return;
    batch.reported = true;
    this.#unsettled -= batch.count;
    this.#onSettled({
      topic,
      partition,
      baseOffset: outcome === 'written' ? answer.baseOffset : -1n,
      tokens: batch.tokens,
      outcome,
      ...(outcome === 'written' ? {} : { error: new KafkaError(answer.code, answer.message) }),
    });
    this.#progress?.resolve();
    this.#progress = undefined;
  }

  /**
   * Goes on after a broken sequence, once nothing is in flight, under the next epoch: the broker then refuses
   * late copies of the old one. What may be stored is reported as unknown and never sent under a new epoch.
   * What is certainly not stored gets new sequences.
   */
  #mendBroken(): void {
    for (const partition of this.#broken) {
      if (!partition.sequence.isBroken || partition.inFlight.length > 0) continue;
      partition.requeueFailed();
      const lost = takeOut(partition.waiting, ({ sequence, maybeStored, reported }) => {
        return sequence >= 0 && (maybeStored || reported);
      });
      for (const batch of partition.waiting) batch.sequence = -1;
      this.#nextEpoch(partition);
      const answer = noAnswer(partition, 'UNKNOWN_OUTCOME', 'an earlier batch broke the sequence');
      for (const batch of lost) this.#settle(partition, batch, 'unknown', answer);
    }
  }

  #nextEpoch(partition: ProducerPartition<Token>): void {
    const goOn = (): void => {
      this.#broken.delete(partition);
      this.#sender.wake(partition);
    };
    if (partition.sequence.nextEpoch() === 'ready') return goOn();
    newProducerId(this.#cluster, Infinity).then(
      (producerId) => {
        this.#producerId = producerId;
        partition.sequence.renew(producerId);
        goOn();
      },
      (error: unknown) => {
        // It ends the process, as in the sender: this partition would wait for ever.
        if (!this.#closed) throw error;
      },
    );
  }

  /** Nobody waits longer for an outcome than the delivery timeout, whatever the broker does. */
  #sweep(): void {
    if (this.#accumulator.heldBytes === 0 && this.#broken.size === 0) {
      if (++this.#idleSweeps * sweepMs >= restAfterMs) this.#accumulator.rest();
      return;
    }
    this.#idleSweeps = 0;
    const now = performance.now();
    for (const partition of this.#sender.queues) {
      if (partition.open && partition.open.deadlineAt <= now) this.#close(partition);
      for (const batch of partition.inFlight) {
        // The bytes are still on the socket. They count until the answer, or the request timeout, frees them.
        if (batch.deadlineAt <= now && !batch.reported)
          this.#report(partition, batch, 'unknown', this.#tooLate(partition));
      }
      for (const list of [partition.failed, partition.waiting]) {
        for (const batch of takeOut(list, ({ deadlineAt }) => deadlineAt <= now)) {
          if (batch.sequence >= 0) this.#break(partition);
          this.#settle(partition, batch, batch.maybeStored ? 'unknown' : 'refused', this.#tooLate(partition));
        }
      }
    }
    this.#mendBroken();
  }

  #tooLate(partition: ProducerPartition<Token>): ProduceAnswer {
    return noAnswer(partition, 'TIMEOUT', `not acknowledged within ${this.#deliveryTimeoutMs} ms`);
  }
}

const sweepMs = 50;
/** After this long without work, the memory that batches were written to is given up. */
const restAfterMs = 5_000;

/**
 * Removes the batches before anybody is told: the callback may append at once, which must come after what
 * stays.
 */
function takeOut<B>(list: B[], unwanted: (batch: B) => boolean): B[] {
  if (!list.some(unwanted)) return [];
  const out = list.filter(unwanted);
  list.splice(0, list.length, ...list.filter((batch) => !unwanted(batch)));
  return out;
}

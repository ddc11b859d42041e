import { setTimeout as sleep } from 'node:timers/promises';
import type { Codec } from '../bytes/codec.ts';
import { encodeBatch, recordBytesMax } from '../bytes/encode-batch.ts';
import type { OutgoingRecord } from '../bytes/encode-batch.ts';
import { restamp } from '../bytes/restamp.ts';
import { producerEpochMax, sequenceAfter } from '../bytes/sequence.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { KafkaError } from '../cluster/errors.ts';
import type { Link } from '../cluster/link.ts';
import type { ProduceAnswer } from '../requests/produce.ts';
import { Accumulator } from './accumulator.ts';
import type { OpenBatch } from './accumulator.ts';
import { judgeProduce } from './judge-produce.ts';
import type { Lane, SendableBatch } from './lane.ts';
import { newProducerId } from './producer-identity.ts';
import { inFlightMax, Sender } from './sender.ts';
import type { Verdict } from './sender.ts';

/** What became of one batch. Reported once per batch, in a callback: no Promise per record. */
export interface Settlement {
  topic: string;
  partition: number;
  /** Offset of the first record; -1n unless written. */
  baseOffset: bigint;
  /** What was given to `append`, in order. */
  tokens: readonly unknown[];
  /**
   * written: every in-sync replica has it. refused: certainly not in the log. unknown: it may be there or not; whoever
   * sends it again may double it.
   */
  outcome: 'written' | 'refused' | 'unknown';
  error?: KafkaError;
}

export interface BatchProducerOptions {
  /** How long a record may wait for others, ms. Default 5; 0 sends at the end of the turn. */
  lingerMs?: number;
  /** A batch is closed when it would grow beyond this before compression. Default 512 KiB; a larger record goes alone. */
  batchBytes?: number;
  /** `append` refuses when so much is not yet settled. Default 64 MiB. */
  memoryBytes?: number;
  /** From append to settlement, ms. Default 30 000. What is not acknowledged by then is refused or unknown. */
  deliveryTimeoutMs?: number;
  codec?: Codec;
  onSettled(settlement: Settlement): void;
}

interface ProducerBatch extends SendableBatch {
  tokens: unknown[];
  memoryBytes: number;
  deadline: number;
  /** The caller has been told: the outcome of what is still in flight no longer matters to it. */
  reported: boolean;
}

/** Identity and sequence of one partition: each has its own epoch, so a bump of one disturbs no other. */
interface Stamp {
  producerId: bigint;
  producerEpoch: number;
  nextSequence: number;
  /** The sequence is broken: sending waits until nothing is in flight, then goes on under a new epoch. */
  broken: boolean;
  /** The epochs of the producer id are used up: a new one is on its way. */
  renewing: boolean;
}

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
  readonly #stamps = new Map<Lane<ProducerBatch>, Stamp>();
  readonly #onSettled: (settlement: Settlement) => void;
  readonly #codec: Codec;
  readonly #memoryBytesMax: number;
  readonly #deliveryTimeoutMs: number;
  readonly #sweeper: NodeJS.Timeout;
  #producerId: bigint;
  #bufferedBytes = 0;
  #unsettled = 0;
  #closed = false;

  constructor(cluster: Cluster, producerId: bigint, options: BatchProducerOptions) {
    this.#cluster = cluster;
    this.#producerId = producerId;
    this.#onSettled = options.onSettled;
    this.#codec = options.codec ?? 'none';
    this.#memoryBytesMax = options.memoryBytes ?? 64 * 1024 * 1024;
    this.#deliveryTimeoutMs = options.deliveryTimeoutMs ?? 30_000;
    this.#link = cluster.link('produce');
    this.#sender = new Sender<ProducerBatch>(cluster, this.#link, {
      transactionalId: null,
      stamp: (lane, batch) => this.#stamp(lane, batch),
      judge: (lane, batch, answer) => this.#judge(lane, batch, answer),
      progressed: () => this.#mendBroken(),
    });
    this.#accumulator = new Accumulator(options.lingerMs ?? 5, options.batchBytes ?? 512 * 1024, (open) =>
      this.#seal(open),
    );
    this.#sweeper = setInterval(() => this.#sweep(), 50);
  }

  /** Bytes of records that are not yet settled. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /**
   * Takes a record, or answers false and takes nothing when the memory bound is reached or the producer is closed. Key
   * and value must stay unchanged until the batch is closed: until the settlement, to be sure.
   */
  append(topic: string, partition: number, record: OutgoingRecord, token: unknown): boolean {
    const bytes = recordBytesMax(record);
    if (this.#closed || this.#bufferedBytes + bytes > this.#memoryBytesMax) return false;
    this.#bufferedBytes += bytes;
    this.#unsettled++;
    this.#accumulator.add(topic, partition, record, token, bytes);
    return true;
  }

  /** Sends what waits and resolves when everything is settled: at most the delivery timeout, plus one request timeout. */
  async drain(): Promise<void> {
    this.#accumulator.flush();
    while (this.#unsettled > 0) {
      await sleep(5);
      this.#accumulator.flush();
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

  #seal(open: OpenBatch): void {
    const { bytes, count } = encodeBatch(open.records, { codec: this.#codec });
    this.#sender.add(this.#sender.lane(open.topic, open.partition), {
      bytes,
      count,
      order: 0,
      sequence: -1,
      maybeStored: false,
      tokens: open.tokens,
      memoryBytes: open.bytes,
      deadline: open.sinceMs + this.#deliveryTimeoutMs,
      reported: false,
    });
  }

  /**
   * A broker without state for (id, epoch, partition) accepts any first sequence: were two in flight and the first lost,
   * the second would be stored and the first refused for ever. So the first of an epoch goes alone.
   */
  #stamp(lane: Lane<ProducerBatch>, batch: ProducerBatch): void {
    if (batch.sequence >= 0) return;
    let stamp = this.#stamps.get(lane);
    if (!stamp) {
      stamp = {
        producerId: this.#producerId,
        producerEpoch: 0,
        nextSequence: 0,
        broken: false,
        renewing: false,
      };
      this.#stamps.set(lane, stamp);
      lane.inFlightMax = 1;
    }
    batch.sequence = stamp.nextSequence;
    stamp.nextSequence = sequenceAfter(batch.sequence, batch.count);
    const { producerId, producerEpoch } = stamp;
    restamp(batch.bytes, { producerId, producerEpoch, baseSequence: batch.sequence, transactional: false });
  }

  #judge(lane: Lane<ProducerBatch>, batch: ProducerBatch, answer: ProduceAnswer): Verdict {
    const judgement = judgeProduce(answer.code, lane.isOldest(batch), batch.maybeStored);
    switch (judgement) {
      case 'written':
        if (!this.#stamps.get(lane)?.broken) lane.inFlightMax = inFlightMax;
        this.#report(lane, batch, 'written', answer);
        return 'settled';
      case 'again':
        if (batch.reported) this.#break(lane); // its deadline is over: the gap it leaves is mended by a new epoch
        return 'again';
      case 'again-under-new-epoch':
        this.#break(lane);
        return 'again';
      case 'unknown':
      case 'refused':
        this.#break(lane);
        this.#report(lane, batch, judgement, answer);
        return 'settled';
      case 'fatal':
        throw new KafkaError(answer.code, `Produce to ${lane.topic}-${lane.partition}: ${answer.message}`);
    }
  }

  #break(lane: Lane<ProducerBatch>): void {
    const stamp = this.#stamps.get(lane);
    if (!stamp) return;
    stamp.broken = true;
    lane.inFlightMax = 0;
  }

  #report(
    lane: Lane<ProducerBatch>,
    batch: ProducerBatch,
    outcome: Settlement['outcome'],
    answer: ProduceAnswer,
  ): void {
    this.#bufferedBytes -= batch.memoryBytes;
    batch.memoryBytes = 0;
    if (batch.reported) return;
    batch.reported = true;
    this.#unsettled -= batch.tokens.length;
    this.#onSettled({
      topic: lane.topic,
      partition: lane.partition,
      baseOffset: outcome === 'written' ? answer.baseOffset : -1n,
      tokens: batch.tokens,
      outcome,
      ...(outcome === 'written' ? {} : { error: new KafkaError(answer.code, answer.message) }),
    });
  }

  /**
   * Goes on after a broken sequence, once nothing is in flight: under the next epoch, which also makes the broker refuse
   * late copies of the old one. What may be stored is reported as unknown, never sent again under a new epoch; what
   * is certainly not stored gets new sequences.
   */
  #mendBroken(): void {
    for (const [lane, stamp] of this.#stamps) {
      if (!stamp.broken || stamp.renewing || lane.inFlight.length > 0) continue;
      lane.requeueFailed();
      const given = takeOut(lane.queue, ({ sequence, maybeStored, reported }) => {
        return sequence >= 0 && (maybeStored || reported);
      });
      for (const batch of lane.queue) batch.sequence = -1;
      this.#nextEpoch(lane, stamp);
      const answer = lost(lane, 'UNKNOWN_OUTCOME', 'an earlier batch broke the sequence');
      for (const batch of given) this.#report(lane, batch, 'unknown', answer);
    }
  }

  #nextEpoch(lane: Lane<ProducerBatch>, stamp: Stamp): void {
    stamp.nextSequence = 0;
    if (stamp.producerEpoch < producerEpochMax) {
      stamp.producerEpoch++;
      stamp.broken = false;
      lane.inFlightMax = 1;
      this.#sender.wake(lane);
      return;
    }
    stamp.renewing = true;
    newProducerId(this.#cluster, Infinity).then(
      ({ producerId }) => {
        Object.assign(stamp, { producerId, producerEpoch: 0, broken: false, renewing: false });
        this.#producerId = producerId;
        lane.inFlightMax = 1;
        this.#sender.wake(lane);
      },
      (error: unknown) => this.#cluster.log.error({ err: error }, 'No new producer id; the partition waits'),
    );
  }

  /** Deadlines: nobody waits longer for an answer than the delivery timeout, whatever the broker does. */
  #sweep(): void {
    const now = Date.now();
    for (const lane of this.#sender.lanes) {
      for (const batch of lane.inFlight) {
        if (batch.deadline <= now && !batch.reported) this.#expire(lane, batch, 'unknown');
      }
      for (const list of [lane.failed, lane.queue]) {
        for (const batch of takeOut(list, ({ deadline }) => deadline <= now))
          this.#expire(lane, batch, batch.maybeStored ? 'unknown' : 'refused');
      }
    }
    this.#mendBroken();
  }

  #expire(lane: Lane<ProducerBatch>, batch: ProducerBatch, outcome: 'unknown' | 'refused'): void {
    const inFlight = lane.inFlight.includes(batch);
    if (batch.sequence >= 0 && !inFlight) this.#break(lane);
    const held = batch.memoryBytes;
    this.#report(
      lane,
      batch,
      outcome,
      lost(lane, 'TIMEOUT', `not acknowledged within ${this.#deliveryTimeoutMs} ms`),
    );
    if (inFlight) {
      // The bytes are still on the socket: they count until the answer, or the request timeout, frees them.
      batch.memoryBytes = held;
      this.#bufferedBytes += held;
    }
  }
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

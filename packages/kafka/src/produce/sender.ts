import type { Cluster } from '../cluster/cluster.ts';
import type { BrokerConnections } from '../connection/broker-connections.ts';
import { isPermanent, KafkaError, mayBeStored, meansRefresh } from '../errors/errors.ts';
import type { ErrorCode } from '../errors/errors.ts';
import { backoffMs } from '../errors/retrying.ts';
import { produceRequest } from '../requests/produce.ts';
import type { ProduceAnswer, ProducePartition, ProduceTopic } from '../requests/produce.ts';
import type { TopicPartition } from '../topic-partition.ts';
import { inFlightMax } from './partition-queue.ts';
import type { PartitionQueue, SendableBatch } from './partition-queue.ts';

/** What a role decides about one answered batch: it is settled, or the same bytes go again. */
export type BatchOutcome = 'settled' | 'again';

export interface SenderRole<B extends SendableBatch, Q extends PartitionQueue<B>> {
  transactionalId: string | null;
  newQueue(topic: string, partition: number): Q;
  /** The queue may send, but no batch waits: closes the one that is due and pushes it. */
  fill?(queue: Q): void;
  /**
   * Gives the batch its producer id, epoch and sequence, if it has none yet. Called in order, just before the
   * send.
   */
  stamp(queue: Q, batch: B): void;
  /** Called once per answer, in the order of sending. A broker that is gone answers CONNECTION or TIMEOUT. */
  decide(queue: Q, batch: B, answer: ProduceAnswer): BatchOutcome;
  /** A request was answered. */
  progressed(): void;
}

const requestBytesMax = 16 * 1024 * 1024;
/** How long a broker may wait for its replicas before it answers REQUEST_TIMED_OUT. */
const replicationTimeoutMs = 5_000;

interface Sent<B, Q> {
  queue: Q;
  batch: B;
}

/**
 * Sends the batches of many partitions. One request to a broker carries one batch of every partition that is
 * ready. Several requests are in flight, and resends keep the order. The owner (BatchProducer,
 * OpenTransaction) decides what an answer means.
 */
export class Sender<B extends SendableBatch, Q extends PartitionQueue<B>> {
  readonly #cluster: Cluster;
  readonly #connections: BrokerConnections;
  readonly #role: SenderRole<B, Q>;
  readonly #queues = new Map<string, Map<number, Q>>();
  /** The queues that may have something to send. */
  readonly #awake = new Set<Q>();
  /** Requests in flight, by broker. */
  readonly #requests = new Map<number, number>();
  /** Topics whose leaders must be looked up. */
  readonly #stale = new Set<string>();
  #refreshing = false;
  #requestsInFlight = 0;
  #scheduled = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(cluster: Cluster, connections: BrokerConnections, role: SenderRole<B, Q>) {
    this.#cluster = cluster;
    this.#connections = connections;
    this.#role = role;
  }

  get queues(): Iterable<Q> {
    return this.#queues.values().flatMap((queues) => queues.values());
  }

  get requestsInFlight(): number {
    return this.#requestsInFlight;
  }

  queue(topic: string, partition: number): Q {
    let queues = this.#queues.get(topic);
    if (!queues) this.#queues.set(topic, (queues = new Map()));
    let queue = queues.get(partition);
    if (!queue) queues.set(partition, (queue = this.#role.newQueue(topic, partition)));
    return queue;
  }

  /** The bytes belong to the sender until the batch is settled. */
  add(queue: Q, batch: B): void {
    queue.push(batch);
    this.wake(queue);
  }

  /** Looks at the queue soon. Calls in one turn of the event loop share one look. */
  wake(queue: Q): void {
    this.#awake.add(queue);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#closed) this.#pump();
    });
  }

  /** Sends nothing more. Answers that still come are passed on. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #pump(): void {
    const now = performance.now();
    let wakeAt = Infinity;
    const plans = new Map<number, Sent<B, Q>[]>();
    const stale = new Set<string>();
    for (const queue of this.#awake) {
      if (!queue.sendable) {
        this.#awake.delete(queue);
        continue;
      }
      if (queue.sendAgainAt > now) {
        wakeAt = Math.min(wakeAt, queue.sendAgainAt);
        continue;
      }
      const leader = this.#cluster.knownTopic(queue.topic)?.partitions[queue.partition]?.leader ?? -1;
      if (leader < 0) {
        stale.add(queue.topic);
        queue.firstFailureAt ??= now;
        queue.sendAgainAt = now + backoffMs(queue.tries++);
        wakeAt = Math.min(wakeAt, queue.sendAgainAt);
        continue;
      }
      const throttledMs = this.#connections.throttledForMs(leader);
      if (throttledMs > 0) {
        wakeAt = Math.min(wakeAt, now + throttledMs);
        continue;
      }
      if ((this.#requests.get(leader) ?? 0) >= inFlightMax) continue;
      if (queue.waiting.length === 0) this.#role.fill?.(queue);
      const batch = queue.waiting[0];
      if (!batch || batch.byteCount === 0) continue; // still being compressed: the queue is woken after that
      const plan = plans.get(leader) ?? [];
      plan.push({ queue, batch });
      plans.set(leader, plan);
    }
    for (const [leader, plan] of plans) this.#send(leader, plan);
    this.#refresh(stale);
    this.#wakeAt(wakeAt);
  }

  #send(leader: number, plan: Sent<B, Q>[]): void {
    const sent: Sent<B, Q>[] = [];
    const topics = new Map<string, ProducePartition[]>();
    let bytes = 0;
    for (const { queue, batch } of plan) {
      if (sent.length > 0 && bytes + batch.byteCount > requestBytesMax) break;
      bytes += batch.byteCount;
      this.#role.stamp(queue, batch);
      queue.waiting.shift();
      queue.inFlight.push(batch);
      sent.push({ queue, batch });
      this.#awake.delete(queue); // it comes again after those that found no room in this request
      const partitions = topics.get(queue.topic) ?? [];
      partitions.push({ partition: queue.partition, parts: batch.parts, byteCount: batch.byteCount });
      topics.set(queue.topic, partitions);
    }
    this.#requests.set(leader, (this.#requests.get(leader) ?? 0) + 1);
    this.#requestsInFlight++;
    const body: ProduceTopic[] = [...topics].map(([topic, partitions]) => ({ topic, partitions }));
    this.#connections
      .call(leader, produceRequest, this.#role.transactionalId, replicationTimeoutMs, body)
      .then(
        (answers) => this.#answered(leader, sent, answers),
        (error: unknown) => this.#unanswered(leader, sent, error),
      )
      .catch((error: unknown) => {
        // A role that throws is a bug: end the process. Nothing was acknowledged that is not stored.
        queueMicrotask(() => {
          throw error;
        });
      });
    for (const { queue } of sent) if (queue.sendable) this.wake(queue);
    if (sent.length < plan.length) this.#schedule();
  }

  #answered(leader: number, sent: Sent<B, Q>[], answers: ProduceAnswer[]): void {
    const byQueue = new Map<Q | undefined, ProduceAnswer>();
    for (const answer of answers) byQueue.set(this.#queues.get(answer.topic)?.get(answer.partition), answer);
    this.#settle(leader, sent, ({ queue }) => {
      return byQueue.get(queue) ?? noAnswer(queue, 'TIMEOUT', 'the response leaves this partition out');
    });
  }

  #unanswered(leader: number, sent: Sent<B, Q>[], error: unknown): void {
    if (!(error instanceof KafkaError)) throw error;
    const code = error.code === 'MALFORMED_RESPONSE' ? 'TIMEOUT' : error.code;
    this.#settle(leader, sent, ({ queue }) => noAnswer(queue, code, error.message), error.sent);
  }

  #settle(
    leader: number,
    sent: Sent<B, Q>[],
    answerOf: (entry: Sent<B, Q>) => ProduceAnswer,
    reached = true,
  ): void {
    this.#requests.set(leader, (this.#requests.get(leader) ?? 1) - 1);
    this.#requestsInFlight--;
    const stale = new Set<string>();
    for (const entry of sent) {
      const answer = answerOf(entry);
      if (reached && mayBeStored(answer.code)) entry.batch.maybeStored = true;
      this.#decide(entry.queue, entry.batch, answer);
      if (meansRefresh(answer.code) && !this.#takeHint(answer)) stale.add(answer.topic);
    }
    this.#refresh(stale);
    this.#role.progressed();
    for (const { queue } of sent) if (queue.sendable) this.#awake.add(queue);
    if (this.#awake.size > 0) this.#schedule();
  }

  /** Whether the answer itself names the new leader. Not so when that broker is newer than our metadata. */
  #takeHint({ topic, partition, leader, leaderEpoch }: ProduceAnswer): boolean {
    return leader >= 0 && this.#cluster.leaderHint(topic, partition, leader, leaderEpoch);
  }

  #decide(queue: Q, batch: B, answer: ProduceAnswer): void {
    const outcome = this.#role.decide(queue, batch, answer);
    const index = queue.inFlight.indexOf(batch);
    if (index >= 0) queue.inFlight.splice(index, 1);
    if (outcome === 'again') {
      const now = performance.now();
      queue.failed.push(batch);
      // The markers of the previous transaction are missing: that is another partition's fault.
      if (answer.code !== 'CONCURRENT_TRANSACTIONS') queue.firstFailureAt ??= now;
      if (queue.failed.length === 1) queue.sendAgainAt = now + backoffMs(queue.tries++);
    } else if (answer.code === 'NONE' || answer.code === 'DUPLICATE_SEQUENCE_NUMBER') {
      queue.tries = 0;
      queue.firstFailureAt = undefined;
    }
    queue.requeueFailed();
  }

  /**
   * One request at a time: while brokers are silent every queue asks again and again, and waiting requests
   * cost memory.
   */
  #refresh(topics: Iterable<string>): void {
    for (const topic of topics) this.#stale.add(topic);
    if (!this.#refreshing) void this.#askForLeaders();
  }

  async #askForLeaders(): Promise<void> {
    this.#refreshing = true;
    while (this.#stale.size > 0 && !this.#closed) {
      const asked = [...this.#stale];
      this.#stale.clear();
      try {
        await this.#cluster.refresh(...asked);
        this.#schedule();
      } catch (error) {
        // Thrown here, it ends the process: no retry mends it, and nothing was acknowledged that is not
        // stored.
        if (!this.#closed && (!(error instanceof KafkaError) || isPermanent(error))) throw error;
        this.#cluster.log.debug({ err: error }, 'metadata refresh failed; it is tried again');
      }
    }
    this.#refreshing = false;
  }

  #wakeAt(moment: number): void {
    clearTimeout(this.#timer);
    if (moment === Infinity || this.#closed) return;
    this.#timer = setTimeout(() => this.#pump(), Math.max(1, moment - performance.now()));
  }
}

/** Stands for the answer that did not come. */
export function noAnswer(
  { topic, partition }: TopicPartition,
  code: ErrorCode,
  message: string,
): ProduceAnswer {
  const [baseOffset, leader] = [-1n, -1];
  return { topic, partition, code, baseOffset, message, refusedRecords: [], leader, leaderEpoch: -1 };
}

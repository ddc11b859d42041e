import type { Cluster } from '../cluster/cluster.ts';
import { isFatal, KafkaError, mayBeStored, meansRefresh } from '../cluster/errors.ts';
import type { Link } from '../cluster/link.ts';
import { backoffMs } from '../cluster/retrying.ts';
import { produceRequest } from '../requests/produce.ts';
import type { ProduceAnswer, ProducePartition, ProduceTopic } from '../requests/produce.ts';
import { Lane } from './lane.ts';
import type { SendableBatch } from './lane.ts';

/** What a role decides about one answered batch: it is settled, or the same bytes go again. */
export type Verdict = 'settled' | 'again';

export interface SenderRole<B extends SendableBatch> {
  transactionalId: string | null;
  /** There is room for a batch of the lane and none is queued: closes and pushes what is due. */
  fill?(lane: Lane<B>): void;
  /** Gives the batch its producer id, epoch and sequence, if it has none yet. Called in order, just before the send. */
  stamp(lane: Lane<B>, batch: B): void;
  /** Called once per answer, in the order of sending. CONNECTION and TIMEOUT are answers too: of a broker that is gone. */
  judge(lane: Lane<B>, batch: B, answer: ProduceAnswer): Verdict;
  /** Something was answered: the role may want to add batches or to go on. */
  progressed(): void;
}

/** A broker remembers five batches of a producer and partition (ProducerStateEntry): more could not be told apart. */
export const inFlightMax = 5;
const requestBytesMax = 16 * 1024 * 1024;
/** How long a broker may wait for its replicas before it answers REQUEST_TIMED_OUT. */
const replicationTimeoutMs = 5_000;

/**
 * Sends the batches of many partitions: all ready partitions of a broker in one request, one batch each, some requests
 * in flight, resends in order. What an answer means is the role's business (BatchProducer, TxnSession).
 */
export class Sender<B extends SendableBatch> {
  readonly #cluster: Cluster;
  readonly #link: Link;
  readonly #role: SenderRole<B>;
  readonly #lanes = new Map<string, Map<number, Lane<B>>>();
  readonly #waiting = new Set<Lane<B>>();
  readonly #requests = new Map<number, number>();
  /** Topics whose leaders are to be learned anew. */
  readonly #stale = new Set<string>();
  #refreshing = false;
  #requestsInFlight = 0;
  #scheduled = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(cluster: Cluster, link: Link, role: SenderRole<B>) {
    this.#cluster = cluster;
    this.#link = link;
    this.#role = role;
  }

  get lanes(): Iterable<Lane<B>> {
    return this.#lanes.values().flatMap((lanes) => lanes.values());
  }

  get requestsInFlight(): number {
    return this.#requestsInFlight;
  }

  lane(topic: string, partition: number): Lane<B> {
    let lanes = this.#lanes.get(topic);
    if (!lanes) this.#lanes.set(topic, (lanes = new Map()));
    let lane = lanes.get(partition);
    if (!lane) lanes.set(partition, (lane = new Lane(topic, partition, inFlightMax)));
    return lane;
  }

  /** The bytes are the sender's until the batch is settled. */
  add(lane: Lane<B>, batch: B): void {
    lane.push(batch);
    this.wake(lane);
  }

  /** Looks at the lane again soon; calls of one turn of the event loop share one look. */
  wake(lane: Lane<B>): void {
    this.#waiting.add(lane);
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

  /** Sends nothing more; answers that still come are judged. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #pump(): void {
    const now = Date.now();
    let wakeAt = Infinity;
    const plans = new Map<number, { lane: Lane<B>; batch: B }[]>();
    const stale = new Set<string>();
    for (const lane of this.#waiting) {
      if (!lane.sendable) {
        this.#waiting.delete(lane);
        continue;
      }
      if (lane.notBefore > now) {
        wakeAt = Math.min(wakeAt, lane.notBefore);
        continue;
      }
      const leader = this.#cluster.knownTopic(lane.topic)?.partitions[lane.partition]?.leader ?? -1;
      if (leader < 0) {
        stale.add(lane.topic);
        lane.failingSince ||= now;
        lane.notBefore = now + backoffMs(lane.tries++);
        wakeAt = Math.min(wakeAt, lane.notBefore);
        continue;
      }
      if ((this.#requests.get(leader) ?? 0) >= inFlightMax) continue;
      if (lane.queue.length === 0) this.#role.fill?.(lane);
      const batch = lane.queue[0];
      if (!batch || batch.byteCount === 0) continue; // still being compressed: whoever does it wakes the lane
      const plan = plans.get(leader) ?? [];
      plan.push({ lane, batch });
      plans.set(leader, plan);
    }
    for (const [leader, plan] of plans) this.#send(leader, plan);
    this.#refresh(stale);
    this.#wakeAt(wakeAt);
  }

  #send(leader: number, plan: { lane: Lane<B>; batch: B }[]): void {
    const sent: { lane: Lane<B>; batch: B }[] = [];
    const topics = new Map<string, ProducePartition[]>();
    let bytes = 0;
    for (const { lane, batch } of plan) {
      if (sent.length > 0 && bytes + batch.byteCount > requestBytesMax) break;
      bytes += batch.byteCount;
      this.#role.stamp(lane, batch);
      lane.queue.shift();
      lane.inFlight.push(batch);
      sent.push({ lane, batch });
      this.#waiting.delete(lane); // behind those that found no room in this request
      const partitions = topics.get(lane.topic) ?? [];
      partitions.push({ partition: lane.partition, parts: batch.parts, byteCount: batch.byteCount });
      topics.set(lane.topic, partitions);
    }
    this.#requests.set(leader, (this.#requests.get(leader) ?? 0) + 1);
    this.#requestsInFlight++;
    const body: ProduceTopic[] = [...topics].map(([topic, partitions]) => ({ topic, partitions }));
    this.#link
      .call(leader, produceRequest, this.#role.transactionalId, replicationTimeoutMs, body)
      .then(
        (answers) => this.#answered(leader, sent, answers),
        (error: unknown) => this.#unanswered(leader, sent, error),
      )
      .catch((error: unknown) => {
        // A role that throws is a broken program: end the process, nothing was acknowledged wrongly.
        queueMicrotask(() => {
          throw error;
        });
      });
    for (const { lane } of sent) if (lane.sendable) this.wake(lane);
    if (sent.length < plan.length) this.#schedule();
  }

  #answered(leader: number, sent: { lane: Lane<B>; batch: B }[], answers: ProduceAnswer[]): void {
    const byLane = new Map<Lane<B> | undefined, ProduceAnswer>();
    for (const answer of answers) byLane.set(this.#lanes.get(answer.topic)?.get(answer.partition), answer);
    this.#settle(leader, sent, ({ lane }) => {
      return byLane.get(lane) ?? noAnswer(lane, 'TIMEOUT', 'the response leaves this partition out');
    });
  }

  #unanswered(leader: number, sent: { lane: Lane<B>; batch: B }[], error: unknown): void {
    if (!(error instanceof KafkaError)) throw error;
    const code = error.code === 'MALFORMED_RESPONSE' ? 'TIMEOUT' : error.code;
    this.#settle(leader, sent, ({ lane }) => noAnswer(lane, code, error.message), error.sent);
  }

  #settle(
    leader: number,
    sent: { lane: Lane<B>; batch: B }[],
    answerOf: (entry: { lane: Lane<B>; batch: B }) => ProduceAnswer,
    reached = true,
  ): void {
    this.#requests.set(leader, (this.#requests.get(leader) ?? 1) - 1);
    this.#requestsInFlight--;
    const stale = new Set<string>();
    for (const entry of sent) {
      const answer = answerOf(entry);
      if (reached && mayBeStored(answer.code)) entry.batch.maybeStored = true;
      this.#judge(entry.lane, entry.batch, answer);
      if (meansRefresh(answer.code) && !this.#takeHint(answer)) stale.add(answer.topic);
    }
    this.#refresh(stale);
    this.#role.progressed();
    for (const { lane } of sent) if (lane.sendable) this.#waiting.add(lane);
    if (this.#waiting.size > 0) this.#schedule();
  }

  /** Whether the answer itself said where to go on: not when it names a broker that came after our last metadata. */
  #takeHint({ topic, partition, leader, leaderEpoch }: ProduceAnswer): boolean {
    return leader >= 0 && this.#cluster.leaderHint(topic, partition, leader, leaderEpoch);
  }

  #judge(lane: Lane<B>, batch: B, answer: ProduceAnswer): void {
    const verdict = this.#role.judge(lane, batch, answer);
    const place = lane.inFlight.indexOf(batch);
    if (place >= 0) lane.inFlight.splice(place, 1);
    if (verdict === 'again') {
      lane.failed.push(batch);
      // The markers of the transaction before are another partition's fault.
      if (answer.code !== 'CONCURRENT_TRANSACTIONS') lane.failingSince ||= Date.now();
      if (lane.failed.length === 1) lane.notBefore = Date.now() + backoffMs(lane.tries++);
    } else if (answer.code === 'NONE' || answer.code === 'DUPLICATE_SEQUENCE_NUMBER') {
      lane.tries = 0;
      lane.failingSince = 0;
    }
    lane.requeueFailed();
  }

  /** One question at a time: while brokers are silent every lane asks again and again, and each that waits costs memory. */
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
        // Thrown here, it ends the process: no retry heals it, and nothing was acknowledged wrongly.
        if (!this.#closed && (!(error instanceof KafkaError) || isFatal(error))) throw error;
        this.#cluster.log.debug({ err: error }, 'Metadata refresh failed; it is tried again');
      }
    }
    this.#refreshing = false;
  }

  #wakeAt(when: number): void {
    clearTimeout(this.#timer);
    if (when === Infinity || this.#closed) return;
    this.#timer = setTimeout(() => this.#pump(), Math.max(1, when - Date.now()));
  }
}

function noAnswer(lane: { topic: string; partition: number }, code: string, message: string): ProduceAnswer {
  return {
    topic: lane.topic,
    partition: lane.partition,
    code,
    baseOffset: -1n,
    message,
    leader: -1,
    leaderEpoch: -1,
  };
}

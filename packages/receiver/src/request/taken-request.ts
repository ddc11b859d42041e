import type { FastifyReply, FastifyRequest } from 'fastify';
import { partitionFor } from '@penstock/kafka';
import type { Log } from '@penstock/service';
import type { Gate, Sender } from '../access/gate.ts';
import { answerProblem, answerStored } from '../api/answer.ts';
import { problems, type ProblemCode } from '../api/problems.ts';
import type { ReceiverMetrics } from '../metrics.ts';
import type { Backlog } from '../raw/backlog.ts';
import type { HotSenders } from '../raw/hot-senders.ts';
import type { KeyedRecord, RawRecords, RequestFacts } from '../raw/raw-record.ts';
import type { ProducedToken, Spool, Stored } from '../spool/spool.ts';
import type { BodyReader, BodyReads } from './body-reads.ts';
import { discardRest, type DiscardAccount } from './discard-rest.ts';
import type { MemoryBudget } from './memory-budget.ts';

/** What a request costs beside its body: its headers, its objects, its entry in a batch. */
export const requestBytes = 2048;

/** A body in chunks does not say how long it is: it is charged so much ahead. */
export const unannouncedBytes = 64 * 1024;

export interface RequestContext {
  log: Log;
  metrics: ReceiverMetrics;
  budget: MemoryBudget;
  reads: BodyReads;
  records: RawRecords;
  backlog: Backlog;
  gate: Gate;
  hotSenders: HotSenders;
  /** Undefined: there is none. */
  spool: Spool | undefined;
  partitionCount: number;
  retryAfterMaxMs: number;
  /** False when the producer's memory is full; nothing is taken then. */
  produce(record: KeyedRecord, token: ProducedToken, partition: number): boolean;
}

/** What is known of a request once it is taken. */
export interface TakenFacts extends RequestFacts {
  sender: Sender;
  /** Only for who cannot send again: it would wait too long, so it goes to the spool. */
  kafkaIsAway: boolean;
}

/** One request from its headers to its answer. The producer keeps it as the token of its record. */
export class TakenRequest implements BodyReader, ProducedToken {
  readonly #o: RequestContext;
  readonly #facts: TakenFacts;
  readonly #key: Buffer | undefined;
  readonly #request: FastifyRequest;
  readonly #reply: FastifyReply;
  readonly #answered: () => void;
  readonly #takenAt = performance.now();
  #bodyBytes = 0;
  #chargedBytes = 0;
  #appendedAt = 0;

  /** `key`: undefined when the body decides. */
  constructor(
    o: RequestContext,
    facts: TakenFacts,
    key: Buffer | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
    answered: () => void,
  ) {
    this.#o = o;
    this.#facts = facts;
    this.#key = key;
    this.#request = request;
    this.#reply = reply;
    this.#answered = answered;
  }

  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /**
   * Counts so many bytes of the body in its sender's quota: what is announced before it is read, so that
   * bodies that are on their way at the same time are not all let in, and what has come at the end.
   */
  charge(bytes: number): void {
    if (bytes === this.#chargedBytes) return;
    this.#o.gate.charge(this.#facts.sender, bytes - this.#chargedBytes);
    this.#chargedBytes = bytes;
  }

  bodyComes(bytes: number): void {
    if (bytes > this.#chargedBytes) this.charge(bytes + unannouncedBytes);
  }

  /** A query is a body, too; it is not in the budget yet. */
  queryRead(query: Buffer): void {
    if (!this.#o.budget.take(query.length)) return this.#finish('memory-full');
    this.bodyRead(query);
  }

  bodyRead(body: Buffer): void {
    const { metrics, records, partitionCount, backlog, hotSenders } = this.#o;
    this.#bodyBytes = body.length;
    metrics.receivedBytes.add(body.length);
    this.charge(body.length);
    if (body.length === 0) return this.#finish('empty-body');
    // The client has reset its connection: nobody is left to be answered, and its address may never have been
    // known.
    const { socket } = this.#request.raw;
    if (socket.destroyed || socket.remoteAddress === undefined)
      return this.bodyFailed('truncated-body', true, body.length);
    const key = this.#key ?? records.keyOf(this.#facts, body);
    const partition = partitionFor(key, partitionCount);
    const now = (this.#appendedAt = performance.now());
    metrics.seconds.observe((now - this.#takenAt) / 1000, 'body');
    const { network, holder } = this.#facts.sender;
    hotSenders.sent({ key, partition, network, keyId: holder?.id }, body.length, now);
    const record = records.of(this.#facts, key, body);
    this.#hand(record, partition, backlog.partitionIsOverloaded(partition, now));
  }

  #hand(record: KeyedRecord, partition: number, overloaded: boolean): void {
    const { spool, produce } = this.#o;
    const { sender, kafkaIsAway } = this.#facts;
    if (spool && sender.holder?.cannotRetry) return spool.take(record, this, overloaded || kafkaIsAway);
    if (overloaded) return this.#finish('partition-overloaded');
    if (!produce(record, this, partition)) this.#finish('memory-full');
  }

  bodyFailed(code: ProblemCode, gone: boolean, bytes: number): void {
    this.charge(bytes);
    if (!gone) return this.#finish(code);
    this.#o.metrics.discarded.add(1, code);
    this.#release();
  }

  settled(problem: ProblemCode | undefined, stored: Stored = 'kafka'): void {
    const { metrics } = this.#o;
    metrics.seconds.observe((performance.now() - this.#appendedAt) / 1000, 'kafka');
    if (problem) return this.#finish(problem);
    // What is in the spool is counted when Kafka has it.
    if (stored === 'kafka') metrics.acknowledged.add(1);
    if (stored === 'kafka') metrics.acknowledgedBytes.add(this.#bodyBytes);
    this.#release();
    if (stored === 'spool') this.#reply.header('penstock-stored', stored);
    answerStored(this.#reply, this.#facts.route, this.#facts.requestId, this.#bodyBytes);
  }

  #finish(code: ProblemCode): void {
    // It is to be sent again, through no fault of its sender.
    if (problems[code].status >= 500) this.charge(0);
    this.#o.metrics.discarded.add(1, code);
    this.#release();
    answerProblem(this.#reply, code, {
      requestId: this.#facts.requestId,
      retryAfterMaxMs: this.#o.retryAfterMaxMs,
    });
    discardRest(this.#request.raw, discardAccount(this.#o));
  }

  #release(): void {
    this.#o.budget.giveBack(this.#bodyBytes + requestBytes);
    this.#answered();
  }
}

export function discardAccount({ budget, metrics }: RequestContext): DiscardAccount {
  return { budget, discardedBytes: metrics.discardedBytes, requestBytes };
}

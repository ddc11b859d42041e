import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { partitionFor, type OutgoingRecord } from '@penstock/kafka';
import type { Log } from '@penstock/service';
import { answerProblem, answerStored } from '../api/answer.ts';
import type { ProblemCode } from '../api/problems.ts';
import type { EventRoute } from '../api/routes.ts';
import type { ReceiverMetrics } from '../metrics.ts';
import type { RawRecords } from '../raw/raw-record.ts';
import { wallClockMs } from '../wall-clock.ts';
import type { BodyReader, BodyReads } from './body-reads.ts';
import { clientAddress, type TrustedProxies } from './client-address.ts';
import { discardRest, type DiscardAccount } from './discard-rest.ts';
import type { MemoryBudget } from './memory-budget.ts';

/** What a request costs beside its body: its headers, its objects, its entry in a batch. */
export const requestBytes = 2048;

export interface RequestContext {
  log: Log;
  metrics: ReceiverMetrics;
  budget: MemoryBudget;
  reads: BodyReads;
  records: RawRecords;
  trusted: TrustedProxies;
  topic: string;
  partitionCount: number;
  retryAfterMaxMs: number;
  /** False when the producer's memory is full; nothing is taken then. */
  append(topic: string, partition: number, record: OutgoingRecord, token: unknown): boolean;
}

/** One request from its headers to its answer. The producer keeps it as the token of its record. */
export class TakenRequest implements BodyReader {
  readonly #o: RequestContext;
  readonly #route: EventRoute;
  readonly #request: FastifyRequest;
  readonly #reply: FastifyReply;
  readonly #contentEncoding: string | undefined;
  readonly #answered: () => void;
  readonly #requestId = randomUUID();
  readonly #receivedAtMs = wallClockMs();
  readonly #takenAt = performance.now();
  #bodyBytes = 0;
  #appendedAt = 0;

  constructor(
    o: RequestContext,
    route: EventRoute,
    request: FastifyRequest,
    reply: FastifyReply,
    contentEncoding: string | undefined,
    answered: () => void,
  ) {
    this.#o = o;
    this.#route = route;
    this.#request = request;
    this.#reply = reply;
    this.#contentEncoding = contentEncoding;
    this.#answered = answered;
  }

  bodyRead(body: Buffer): void {
    const { metrics, budget, records, trusted, topic, partitionCount, append } = this.#o;
    // A body that was read is in the budget already; a query is not.
    if (this.#route.answer === 'pixel' && !budget.take(body.length)) return this.#finish('memory-full');
    this.#bodyBytes = body.length;
    metrics.receivedBytes.add(body.length);
    if (body.length === 0) return this.#finish('empty-body');
    const { raw } = this.#request;
    const peer = raw.socket.remoteAddress;
    // The client has reset its connection: nobody is left to be answered, and without its address the key
    // would differ from that of its retry.
    if (peer === undefined) return this.bodyFailed('truncated-body', true);
    const record = records.of({
      route: this.#route,
      requestId: this.#requestId,
      receivedAtMs: this.#receivedAtMs,
      headers: raw.headers,
      contentEncoding: this.#contentEncoding,
      clientAddress: clientAddress(peer, forwardedFor(raw.headers), trusted),
      body,
    });
    this.#appendedAt = performance.now();
    metrics.seconds.observe((this.#appendedAt - this.#takenAt) / 1000, 'body');
    const taken = append(topic, partitionFor(record.key, partitionCount), record, this);
    if (!taken) this.#finish('memory-full');
  }

  bodyFailed(code: ProblemCode, gone: boolean): void {
    if (!gone) return this.#finish(code);
    this.#o.metrics.discarded.add(1, code);
    this.#release();
  }

  settled(problem: ProblemCode | undefined): void {
    const { metrics } = this.#o;
    metrics.seconds.observe((performance.now() - this.#appendedAt) / 1000, 'kafka');
    if (problem) return this.#finish(problem);
    metrics.acknowledged.add(1);
    metrics.acknowledgedBytes.add(this.#bodyBytes);
    this.#release();
    answerStored(this.#reply, this.#route, this.#requestId, this.#bodyBytes);
  }

  #finish(code: ProblemCode): void {
    this.#o.metrics.discarded.add(1, code);
    this.#release();
    answerProblem(this.#reply, code, {
      requestId: this.#requestId,
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

function forwardedFor(headers: FastifyRequest['raw']['headers']): string | undefined {
  const header = headers['x-forwarded-for'];
  return typeof header === 'string' ? header : header?.join(',');
}

import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { partitionFor, type OutgoingRecord, type Settlement } from '@penstock/kafka';
import type { Log } from '@penstock/service';
import { answerProblem, answerStored } from './answer.ts';
import { clientAddress, type TrustedProxies } from './client-address.ts';
import type { MemoryBudget } from './memory-budget.ts';
import type { ReceiverMetrics } from './metrics.ts';
import type { ProblemCode } from './problems.ts';
import type { RawRecords } from './raw-record.ts';
import { discardRest, type BodyReader, type BodyReads } from './read-body.ts';
import { acceptsContentType, contentEncodingOf, type EventRoute } from './routes.ts';

/** What a request costs beside its body: its headers, its objects, its place in a batch. */
export const requestBytes = 2048;

export interface IntakeOptions {
  log: Log;
  metrics: ReceiverMetrics;
  budget: MemoryBudget;
  reads: BodyReads;
  records: RawRecords;
  trusted: TrustedProxies;
  topic: string;
  partitionCount: number;
  retryAfterMaxMs: number;
  /** Why nothing is taken now; undefined while serving. */
  closedBecause(): ProblemCode | undefined;
  /** False when the producer's memory is full; nothing is taken then. */
  append(topic: string, partition: number, record: OutgoingRecord, token: unknown): boolean;
}

/** Takes requests: limits -> body -> record -> producer; answers when Kafka has. */
export class Intake {
  readonly #o: IntakeOptions;
  #waiting = 0;

  constructor(o: IntakeOptions) {
    this.#o = o;
  }

  /** Requests taken and not answered. */
  get waiting(): number {
    return this.#waiting;
  }

  receive(route: EventRoute, request: FastifyRequest, reply: FastifyReply): void {
    const { metrics, budget, reads } = this.#o;
    metrics.received.add(1, route.name);
    const { headers } = request.raw;
    const encoding = contentEncodingOf(headers['content-encoding']);
    const declaredBytes = Number(headers['content-length'] ?? 0);
    const refusal = this.#refusal(route, request, encoding, declaredBytes);
    if (refusal) return this.refuse(refusal, request, reply);
    budget.take(requestBytes);
    this.#waiting += 1;
    const taken = new TakenIn(
      this.#o,
      route,
      request,
      reply,
      encoding ?? undefined,
      () => (this.#waiting -= 1),
    );
    if (route.answer === 'pixel') taken.bodyRead(queryOf(request.raw.url ?? ''));
    else reads.start(request.raw, route.bodyBytesMax, taken);
  }

  /** Everything that can be known before the body is read. */
  #refusal(
    route: EventRoute,
    request: FastifyRequest,
    encoding: string | undefined | null,
    declaredBytes: number,
  ): ProblemCode | undefined {
    const { budget, closedBecause } = this.#o;
    const closed = closedBecause();
    if (closed) return closed;
    if (route.answer !== 'pixel' && !acceptsContentType(route, request.raw.headers['content-type'])) {
      return 'unsupported-content-type';
    }
    if (encoding === null) return 'unsupported-content-encoding';
    if (declaredBytes > route.bodyBytesMax) return 'too-large';
    return budget.fits(declaredBytes + requestBytes) ? undefined : 'memory-full';
  }

  refuse(
    code: ProblemCode,
    request: FastifyRequest,
    reply: FastifyReply,
    headers?: Record<string, string>,
  ): void {
    this.#o.metrics.discarded.add(1, code);
    const { retryAfterMaxMs } = this.#o;
    answerProblem(reply, code, { requestId: randomUUID(), retryAfterMaxMs, ...(headers && { headers }) });
    discardRest(request.raw, discardBytesMax);
  }

  /** The producer's callback, once per batch; its tokens are the requests of the batch. */
  settled(settlement: Settlement): void {
    const { metrics, log } = this.#o;
    const { outcome, tokens, error } = settlement;
    if (outcome !== 'written') {
      metrics.kafkaErrors.add(1, outcome);
      const { topic, partition } = settlement;
      log.warn(
        { topic, partition, outcome, code: error?.code, requests: tokens.length },
        'batch not confirmed',
      );
    }
    const problem = problemOf(settlement);
    for (const token of tokens as TakenIn[]) token.settled(problem);
  }
}

/** How much of a refused body is let pass, so that its client can read the answer. */
const discardBytesMax = 4 * 1024 * 1024;

function problemOf({ outcome, error, tokens }: Settlement): ProblemCode | undefined {
  if (outcome === 'written') return undefined;
  if (outcome === 'unknown') return 'kafka-late';
  // Of several records in a batch that is too large, none need be.
  return error?.code === 'MESSAGE_TOO_LARGE' && tokens.length === 1 ? 'too-large' : 'kafka-refused';
}

function queryOf(url: string): Buffer {
  const start = url.indexOf('?');
  return start < 0 ? Buffer.alloc(0) : Buffer.from(url.slice(start + 1), 'latin1');
}

/** One request from its headers to its answer; it is the producer's token of its record. */
class TakenIn implements BodyReader {
  readonly #o: IntakeOptions;
  readonly #route: EventRoute;
  readonly #request: FastifyRequest;
  readonly #reply: FastifyReply;
  readonly #contentEncoding: string | undefined;
  readonly #answered: () => void;
  readonly #requestId = randomUUID();
  readonly #receivedAtMs = Date.now();
  #bodyBytes = 0;
  #appendedAtMs = 0;

  constructor(
    o: IntakeOptions,
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
    // Reset meanwhile. Nobody is there to be answered, and without the address its key would not be that of the retry.
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
    this.#appendedAtMs = Date.now();
    metrics.seconds.observe((this.#appendedAtMs - this.#receivedAtMs) / 1000, 'body');
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
    metrics.seconds.observe((Date.now() - this.#appendedAtMs) / 1000, 'kafka');
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
    discardRest(this.#request.raw, discardBytesMax);
  }

  #release(): void {
    this.#o.budget.giveBack(this.#bodyBytes + requestBytes);
    this.#answered();
  }
}

function forwardedFor(headers: FastifyRequest['raw']['headers']): string | undefined {
  const header = headers['x-forwarded-for'];
  return typeof header === 'string' ? header : header?.join(',');
}

import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Settlement } from '@penstock/kafka';
import { answerProblem } from '../api/answer.ts';
import type { ProblemCode } from '../api/problems.ts';
import { acceptsContentType, contentEncodingOf, type EventRoute } from '../api/routes.ts';
import { discardRest } from './discard-rest.ts';
import { discardAccount, requestBytes, TakenRequest, type RequestContext } from './taken-request.ts';

export interface IntakeOptions extends RequestContext {
  /** Why nothing is taken now; undefined while serving. */
  closedBecause(): ProblemCode | undefined;
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
    const taken = new TakenRequest(
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
    discardRest(request.raw, discardAccount(this.#o));
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
    for (const token of tokens as TakenRequest[]) token.settled(problem);
  }
}

function problemOf({ outcome, error, tokens }: Settlement): ProblemCode | undefined {
  if (outcome === 'written') return undefined;
  if (outcome === 'unknown') return 'kafka-late';
  // A batch that is too large does not say which of its records is: only a record alone is known to be.
  return error?.code === 'MESSAGE_TOO_LARGE' && tokens.length === 1 ? 'too-large' : 'kafka-refused';
}

function queryOf(url: string): Buffer {
  const start = url.indexOf('?');
  return start < 0 ? Buffer.alloc(0) : Buffer.from(url.slice(start + 1), 'latin1');
}

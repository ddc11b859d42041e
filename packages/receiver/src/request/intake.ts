import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { partitionFor, type Settlement } from '@penstock/kafka';
import { answerProblem } from '../api/answer.ts';
import type { ProblemCode } from '../api/problems.ts';
import { acceptedEncodings, acceptsContentType, contentEncodingOf, type EventRoute } from '../api/routes.ts';
import type { RequestFacts } from '../raw/raw-record.ts';
import { wallClockMs } from '../wall-clock.ts';
import { clientAddress, type TrustedProxies } from './client-address.ts';
import { discardRest } from './discard-rest.ts';
import { awaitsContinue, letContinue } from './expect-continue.ts';
import { networkOf, showIp } from './ip-address.ts';
import { readQuery } from './query.ts';
import { discardAccount, requestBytes, TakenRequest, type RequestContext } from './taken-request.ts';

export interface IntakeOptions extends RequestContext {
  trusted: TrustedProxies;
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
    // A GET has no body that could be encoded; some historical clients say it all the same.
    const encoding = route.answer === 'pixel' ? undefined : contentEncodingOf(headers['content-encoding']);
    const declaredBytes = Number(headers['content-length'] ?? 0);
    const refusal = this.#refusal(route, request, encoding, declaredBytes);
    if (refusal) return this.refuse(refusal, request, reply, acceptedBy(route, refusal));
    const query = readQuery(request.raw.url ?? '');
    const facts = this.#factsOf(route, request, encoding ?? undefined, query.partitionKey);
    const key = this.#o.records.keyBeforeBody(facts);
    const overload = this.#overload(key);
    if (overload) return this.refuse(overload, request, reply);
    budget.take(requestBytes);
    this.#waiting += 1;
    const taken = new TakenRequest(this.#o, facts, key, request, reply, () => (this.#waiting -= 1));
    if (route.answer === 'pixel') taken.queryRead(query.events);
    else {
      letContinue(request.raw, reply.raw);
      reads.start(request.raw, route.bodyBytesMax, taken);
    }
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

  #factsOf(
    route: EventRoute,
    request: FastifyRequest,
    contentEncoding: string | undefined,
    keyInUrl: string | undefined,
  ): RequestFacts {
    const { headers, socket } = request.raw;
    const address = clientAddress(socket.remoteAddress ?? '', forwardedFor(headers), this.#o.trusted);
    return {
      ...{ route, headers, contentEncoding, keyInUrl },
      requestId: randomUUID(),
      receivedAtMs: wallClockMs(),
      clientAddress: address && showIp(address),
      clientNetwork: address && networkOf(address),
    };
  }

  /** What would wait too long is refused at once: it is not stored then, and its client knows. */
  #overload(key: Buffer | undefined): ProblemCode | undefined {
    const { backlog, partitionCount } = this.#o;
    const now = performance.now();
    if (backlog.isOverloaded(now)) return 'overloaded';
    return key && backlog.partitionIsOverloaded(partitionFor(key, partitionCount), now)
      ? 'partition-overloaded'
      : undefined;
  }

  refuse(
    code: ProblemCode,
    request: FastifyRequest,
    reply: FastifyReply,
    headers: Record<string, string> = {},
  ): void {
    this.#o.metrics.discarded.add(1, code);
    const { retryAfterMaxMs } = this.#o;
    // Who has not been told to continue may send the body or not: what comes next on the connection is
    // unknown.
    const closing = awaitsContinue(request.raw) ? { ...headers, connection: 'close' } : headers;
    answerProblem(reply, code, { requestId: randomUUID(), retryAfterMaxMs, headers: closing });
    discardRest(request.raw, discardAccount(this.#o));
  }

  /** The producer's callback, once per batch; its tokens are the requests of the batch. */
  settled(settlement: Settlement<TakenRequest>): void {
    const { metrics, log, backlog } = this.#o;
    const { outcome, tokens: requests, error } = settlement;
    const bytes = requests.reduce((sum, request) => sum + request.bodyBytes, 0);
    const written = outcome === 'written';
    backlog.settled(settlement.partition, requests.length, bytes, written, performance.now());
    if (!written) {
      metrics.kafkaErrors.add(1, outcome);
      const { topic, partition } = settlement;
      log.warn(
        { topic, partition, outcome, code: error?.code, requests: requests.length },
        'batch not confirmed',
      );
    }
    const problem = problemOf(settlement);
    for (const request of requests) request.settled(problem);
  }
}

/** A 415 says what would be taken (RFC 9110, 15.5.16). */
function acceptedBy(route: EventRoute, code: ProblemCode): Record<string, string> {
  if (code === 'unsupported-content-type') return { accept: route.contentTypes.join(', ') };
  return code === 'unsupported-content-encoding' ? { 'accept-encoding': acceptedEncodings } : {};
}

function problemOf({ outcome, error, tokens }: Settlement<TakenRequest>): ProblemCode | undefined {
  if (outcome === 'written') return undefined;
  if (outcome === 'unknown') return 'kafka-late';
  // A batch that is too large does not say which of its records is: only a record alone is known to be.
  return error?.code === 'MESSAGE_TOO_LARGE' && tokens.length === 1 ? 'too-large' : 'kafka-refused';
}

function forwardedFor(headers: FastifyRequest['raw']['headers']): string | undefined {
  const header = headers['x-forwarded-for'];
  return typeof header === 'string' ? header : header?.join(',');
}

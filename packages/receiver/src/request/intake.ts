import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { partitionFor, type Settlement } from '@penstock/kafka';
import { answerProblem } from '../api/answer.ts';
import type { ProblemCode } from '../api/problems.ts';
import { acceptedEncodings, acceptsContentType, contentEncodingOf, type EventRoute } from '../api/routes.ts';
import { wallClockMs } from '../wall-clock.ts';
import { clientAddress, type TrustedProxies } from './client-address.ts';
import { discardRest, mayHaveBody } from './discard-rest.ts';
import { awaitsContinue, letContinue } from './expect-continue.ts';
import { networkOf, showIp } from './ip-address.ts';
import type { ProducedToken } from '../spool/spool.ts';
import { readQuery } from './query.ts';
import {
  discardAccount,
  requestBytes,
  TakenRequest,
  unannouncedBytes,
  type RequestContext,
  type TakenFacts,
} from './taken-request.ts';

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

  /** Before anything else of each request. */
  discardBody(request: IncomingMessage): void {
    if (!mayHaveBody(request)) discardRest(request, discardAccount(this.#o));
  }

  receive(route: EventRoute, request: FastifyRequest, reply: FastifyReply): void {
    const { metrics, records, trusted, gate, closedBecause } = this.#o;
    metrics.received.add(1, route.name);
    const closed = closedBecause();
    if (closed === 'stopping') return this.refuse(closed, request, reply);
    const { headers, socket, url = '' } = request.raw;
    const query = readQuery(url);
    const address = clientAddress(socket.remoteAddress ?? '', forwardedFor(headers), trusted);
    const clientNetwork = address && networkOf(address);
    const admission = gate.admit(headers, route.keyInUrl ? query.apiKey : undefined, clientNetwork);
    if (admission.kind === 'refused') {
      const { code } = admission;
      const headersOfRefusal = code === 'key-missing' ? { 'www-authenticate': 'Bearer' } : {};
      return this.refuse(code, request, reply, headersOfRefusal);
    }
    const { sender } = admission;
    const spools = this.#o.spool !== undefined && sender.holder?.cannotRetry === true;
    if (closed && !spools) return this.refuse(closed, request, reply);
    // A GET has no body that could be encoded; some historical clients say it all the same.
    const encoding = route.answer === 'pixel' ? undefined : contentEncodingOf(headers['content-encoding']);
    const refusal = this.#refusal(route, request, encoding);
    if (refusal) return this.refuse(refusal, request, reply, acceptedBy(route, refusal));
    const facts = {
      ...{ route, headers, clientNetwork, sender },
      requestId: randomUUID(),
      receivedAtMs: wallClockMs(),
      contentEncoding: encoding ?? undefined,
      clientAddress: address && showIp(address),
      keyInUrl: query.partitionKey,
      holder: sender.holder,
    };
    const key = records.keyBeforeBody(facts);
    const overload = closed ?? this.#overload(key);
    if (overload && !spools) return this.refuse(overload, request, reply);
    this.#take({ ...facts, kafkaIsAway: overload !== undefined }, key, query.events, request, reply);
  }

  #take(
    facts: TakenFacts,
    key: Buffer | undefined,
    query: Buffer,
    request: FastifyRequest,
    reply: FastifyReply,
  ): void {
    const { budget, reads } = this.#o;
    budget.take(requestBytes);
    this.#waiting += 1;
    const taken = new TakenRequest(this.#o, facts, key, request, reply, () => (this.#waiting -= 1));
    if (facts.route.answer === 'pixel') return taken.queryRead(query);
    taken.charge(announcedBytes(request.raw));
    letContinue(request.raw, reply.raw);
    reads.start(request.raw, facts.route.bodyBytesMax, taken);
  }

  /** What else can be known before the body is read. */
  #refusal(
    route: EventRoute,
    request: FastifyRequest,
    encoding: string | undefined | null,
  ): ProblemCode | undefined {
    const { headers } = request.raw;
    const declaredBytes = Number(headers['content-length'] ?? 0);
    if (route.answer !== 'pixel' && !acceptsContentType(route, headers['content-type'])) {
      return 'unsupported-content-type';
    }
    if (encoding === null) return 'unsupported-content-encoding';
    if (declaredBytes > route.bodyBytesMax) return 'too-large';
    return this.#o.budget.fits(declaredBytes + requestBytes) ? undefined : 'memory-full';
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
    detail?: string,
  ): void {
    this.#o.metrics.discarded.add(1, code);
    const { retryAfterMaxMs } = this.#o;
    // Who has not been told to continue may send the body or not: what comes next on the connection is
    // unknown.
    const closing = awaitsContinue(request.raw) ? { ...headers, connection: 'close' } : headers;
    answerProblem(reply, code, { requestId: randomUUID(), retryAfterMaxMs, headers: closing, detail });
    discardRest(request.raw, discardAccount(this.#o));
  }

  /** The producer's callback, once per batch; its tokens are the requests of the batch. */
  settled(settlement: Settlement<ProducedToken>): void {
    const { metrics, log, backlog } = this.#o;
    const { outcome, tokens: requests, error } = settlement;
    const bytes = requests.reduce((sum, request) => sum + request.bodyBytes, 0);
    const written = outcome === 'written';
    const unfit = error?.code === 'MESSAGE_TOO_LARGE';
    const told = written ? 'written' : unfit ? 'unfit' : 'failed';
    backlog.settled(settlement.partition, requests.length, bytes, told, performance.now());
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

function announcedBytes({ headers }: IncomingMessage): number {
  const length = headers['content-length'];
  if (length !== undefined) return Number(length);
  return headers['transfer-encoding'] === undefined ? 0 : unannouncedBytes;
}

/** A 415 says what would be taken (RFC 9110, 15.5.16). */
function acceptedBy(route: EventRoute, code: ProblemCode): Record<string, string> {
  if (code === 'unsupported-content-type') return { accept: route.contentTypes.join(', ') };
  return code === 'unsupported-content-encoding' ? { 'accept-encoding': acceptedEncodings } : {};
}

function problemOf({ outcome, error, tokens }: Settlement<ProducedToken>): ProblemCode | undefined {
  if (outcome === 'written') return undefined;
  if (outcome === 'unknown') return 'kafka-late';
  // A batch that is too large does not say which of its records is: only a record alone is known to be.
  return error?.code === 'MESSAGE_TOO_LARGE' && tokens.length === 1 ? 'too-large' : 'kafka-refused';
}

function forwardedFor(headers: FastifyRequest['raw']['headers']): string | undefined {
  const header = headers['x-forwarded-for'];
  return typeof header === 'string' ? header : header?.join(',');
}

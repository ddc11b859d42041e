import type { FastifyReply } from 'fastify';
import {
  problemBody,
  problemContentType,
  problems,
  retryAfterSeconds,
  type ProblemCode,
} from './problems.ts';
import { pixelImage, type EventRoute } from './routes.ts';

/** Every in-sync replica has the request. */
export function answerStored(reply: FastifyReply, route: EventRoute, requestId: string, bytes: number): void {
  reply.header('cache-control', 'no-store');
  if (route.answer === 'pixel') void reply.type('image/gif').send(pixelImage);
  else void reply.type('application/json').send(`{"request_id":"${requestId}","bytes":${bytes}}`);
}

export interface ProblemOptions {
  requestId: string;
  retryAfterMaxMs: number;
  headers?: Record<string, string>;
  detail?: string | undefined;
}

export function answerProblem(reply: FastifyReply, code: ProblemCode, o: ProblemOptions): void {
  const { status } = problems[code];
  if (status === 503 || status === 429) reply.header('retry-after', retryAfterSeconds(o.retryAfterMaxMs));
  // What follows on the connection cannot be told apart from the rest of this request.
  if (status === 408 || status === 501 || code === 'bad-request') reply.header('connection', 'close');
  reply.header('cache-control', 'no-store').headers(o.headers ?? {});
  void reply
    .code(status)
    .type(problemContentType)
    .send(problemBody(code, o.requestId, o.detail));
}

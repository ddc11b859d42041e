import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  fastify,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Log } from '@penstock/service';
import type { ReceiverConfig } from './config.ts';
import type { Intake } from './intake.ts';
import type { ReceiverMetrics } from './metrics.ts';
import { problemBody, problemContentType, problems, type ProblemCode } from './problems.ts';
import type { EventRoute } from './routes.ts';

export interface HttpServerOptions {
  config: ReceiverConfig;
  log: Log;
  metrics: ReceiverMetrics;
  routes: readonly EventRoute[];
  intake: Intake;
  /** Clients are asked to take their next request elsewhere. */
  leaving(): boolean;
}

/** How often Node looks for connections whose headers or body are late. */
const connectionsCheckMs = 1_000;

/** The HTTP side: routes, limits of connections and headers, and a problem document for whatever goes wrong. */
export async function createHttpServer(o: HttpServerOptions): Promise<FastifyInstance> {
  const { http, body } = o.config;
  const requestProblem = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
    o.intake.refuse(problemOf(error, o.log), request, reply);
  const app = fastify({
    logger: false,
    bodyLimit: body.bodyBytesMax,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    keepAliveTimeout: http.keepAliveTimeoutMs,
    // Bodies have their own limits (read-body.ts); this is the end of those that are let pass unread.
    requestTimeout: http.headersTimeoutMs + body.bodyTimeoutMs + 1_000,
    http: {
      maxHeaderSize: http.headerBytesMax,
      headersTimeout: http.headersTimeoutMs,
      connectionsCheckingInterval: connectionsCheckMs,
    },
    // A query is a body here, and no route has parameters.
    routerOptions: { querystringParser: () => ({}) },
    clientErrorHandler: (error, socket) => refuseConnection(error, socket, o.metrics),
    frameworkErrors: requestProblem,
  });
  app.server.maxConnections = http.connectionsMax;
  app.server.on('drop', () => o.metrics.droppedConnections.add(1));
  app.removeAllContentTypeParsers();
  // Nobody parses: the routes read the stream themselves.
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.addHook('onRequest', (_request, reply, done) => {
    if (o.leaving()) reply.header('connection', 'close');
    done();
  });
  for (const route of o.routes) {
    const { method, path: url } = route;
    app.route({ method, url, handler: (request, reply) => o.intake.receive(route, request, reply) });
  }
  app.setNotFoundHandler((request, reply) => refuseUnknown(o, request, reply));
  app.setErrorHandler(requestProblem);
  await app.ready();
  return app;
}

function refuseUnknown(o: HttpServerOptions, request: FastifyRequest, reply: FastifyReply): void {
  const path = request.raw.url?.split('?', 1)[0];
  const methods = o.routes.filter((route) => route.path === path).map((route) => route.method);
  if (methods.length === 0) o.intake.refuse('not-found', request, reply);
  else o.intake.refuse('method-not-allowed', request, reply, { allow: methods.join(', ') });
}

function problemOf(error: FastifyError, log: Log): ProblemCode {
  if (error.statusCode === 415) return 'unsupported-content-type';
  if (error.statusCode !== undefined && error.statusCode < 500) return 'bad-request';
  log.error({ error }, 'request failed');
  return 'internal-error';
}

/** What never became a request: bad syntax, smuggling, headers too large or too slow. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket, metrics: ReceiverMetrics): void {
  // The client has gone, in the middle of a body perhaps: nobody is there to be answered.
  const gone = error.code === 'ECONNRESET' || error.code === 'HPE_INVALID_EOF_STATE';
  if (gone || !socket.writable || answerIsDue(socket)) return void socket.destroy();
  const code = connectionProblem(error.code);
  metrics.discarded.add(1, code);
  const text = problemBody(code, randomUUID());
  const { status } = problems[code];
  socket.write(
    `HTTP/1.1 ${status} ${problems[code].title}\r\nconnection: close\r\ncontent-type: ${problemContentType}\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
  socket.destroySoon();
}

/**
 * What follows a request that still waits for Kafka is no HTTP. An answer to it would be taken for the answer of that request, whose record
 * may well be stored: no answer is the truth then. Node looks at the same field (lib/_http_server.js, socketOnError).
 */
function answerIsDue(socket: Socket & { _httpMessage?: unknown }): boolean {
  return Boolean(socket._httpMessage);
}

function connectionProblem(code: string | undefined): ProblemCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers-too-large';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'slow-request' : 'bad-request';
}

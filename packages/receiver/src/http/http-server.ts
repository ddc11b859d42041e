import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import {
  fastify,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Log } from '@penstock/service';
import type { ReceiverConfig } from '../config.ts';
import type { Intake } from '../request/intake.ts';
import type { MemoryBudget } from '../request/memory-budget.ts';
import type { ReceiverMetrics } from '../metrics.ts';
import { meantPath } from '../api/meant-path.ts';
import { routeSchema } from '../api/openapi.ts';
import { problemBody, problemContentType, type ProblemCode } from '../api/problems.ts';
import type { EventRoute } from '../api/routes.ts';
import { expectsContinue } from '../request/expect-continue.ts';
import { allowOrigins } from './allow-origins.ts';
import { announceClose } from './announce-close.ts';
import { AnswersInTurn } from './answers-in-turn.ts';
import { requestProblem } from './check-request.ts';
import { limitConnections } from './connections-per-address.ts';
import { createListener, type ListenerTls } from './listener-tls.ts';
import { refuseConnection, refuseSocket } from './refuse-connection.ts';
import { serveOpenApi } from './serve-openapi.ts';

export interface HttpServerOptions {
  config: ReceiverConfig;
  log: Log;
  metrics: ReceiverMetrics;
  routes: readonly EventRoute[];
  intake: Intake;
  budget: MemoryBudget;
  /** Undefined: plain HTTP. */
  tls: ListenerTls | undefined;
  /** Clients are asked to take their next request elsewhere. */
  leaving(): boolean;
}

/** How often Node looks for connections whose headers or body are late. */
const connectionsCheckMs = 1_000;

/**
 * The HTTP side: routes, limits of connections and headers, and a problem document for whatever goes wrong.
 */
export async function createHttpServer(o: HttpServerOptions): Promise<FastifyInstance> {
  const { http, body } = o.config;
  const answers = new AnswersInTurn(o.budget, () => o.metrics.droppedConnections.add(1, 'answers'));
  const refuseError = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
    o.intake.refuse(problemOf(error, o.log), request, reply);
  const app: FastifyInstance = fastify({
    logger: false,
    bodyLimit: body.bodyBytesMax,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    serverFactory: (handler) =>
      createListener(
        o.tls,
        {
          keepAliveTimeout: http.keepAliveTimeoutMs,
          // Bodies have their own limits (body-reads.ts); this one ends those that are read and thrown away.
          requestTimeout: http.headersTimeoutMs + body.bodyTimeoutMs + 1_000,
          maxHeaderSize: http.headerBytesMax,
          headersTimeout: http.headersTimeoutMs,
          handshakeMs: http.headersTimeoutMs,
          connectionsCheckingInterval: connectionsCheckMs,
          // Its absence is answered here, with a problem document.
          requireHostHeader: false,
        },
        (request, response) => {
          if (!answers.admit(response)) return;
          o.intake.discardBody(request);
          handler(request, response);
        },
      ),
    // A query is a body here, and no route has parameters.
    routerOptions: { querystringParser: () => ({}) },
    clientErrorHandler: (error, socket) => {
      const muteMs = Math.max(1_000, http.keepAliveTimeoutMs - http.headersTimeoutMs);
      refuseConnection(error, socket, { app, metrics: o.metrics, muteMs });
    },
    frameworkErrors: refuseError,
  });
  limitServer(app, answers, o);
  app.removeAllContentTypeParsers();
  // The routes' schemas only describe: nothing is validated by them, and what is sent is text already.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  await allowOrigins(app, http.corsOrigins ?? []);
  const asksForKeys = o.config.access.keysFile !== undefined;
  if (http.openApi) await serveOpenApi(app, asksForKeys);
  app.addHook('onRequest', (request, reply, done) => {
    if (o.leaving()) announceClose(reply);
    const problem = requestProblem(request.raw, http.headerCountMax);
    if (problem) o.intake.refuse(problem, request, reply);
    // Before Fastify reads and parses the body of a request that nobody takes.
    else if (request.is404) refuseUnknown(o, request, reply);
    else done();
  });
  for (const route of o.routes) {
    const { method, path: url } = route;
    app.route({
      ...{ method, url },
      ...(http.openApi && { schema: routeSchema(route, asksForKeys) }),
      // Taken here, before Fastify has its say on content types: the Receiver reads the stream itself.
      onRequest: (request, reply) => o.intake.receive(route, request, reply),
      handler: () => {},
    });
  }
  app.setNotFoundHandler((request, reply) => refuseUnknown(o, request, reply));
  app.setErrorHandler(refuseError);
  await app.ready();
  return app;
}

function limitServer(
  { server }: FastifyInstance,
  answers: AnswersInTurn,
  { config, metrics }: HttpServerOptions,
): void {
  const { connectionsMax, connectionsPerAddressMax, headerCountMax } = config.http;
  server.maxConnections = connectionsMax;
  // Nothing comes or goes for so long only where a client does not read its answers: all else has a shorter
  // limit of its own.
  server.timeout = silentMsMax(config);
  // Node leaves out what is beyond its limit without a word: one more, so that it can be refused.
  server.maxHeadersCount = headerCountMax + 1;
  // A client may close its side once its request is sent, and wait. Without this, Node ends the connection
  // unanswered.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on('drop', () => metrics.droppedConnections.add(1, 'total'));
  limitConnections(server, connectionsPerAddressMax, () => metrics.droppedConnections.add(1, 'address'));
  server.on('connect', (_request, socket: Socket) => refuseSocket('bad-request', socket, metrics));
  server.on('checkContinue', (request: IncomingMessage, response) => {
    expectsContinue(request);
    server.emit('request', request, response);
  });
  server.on('checkExpectation', (_request, response: ServerResponse) => {
    if (!answers.admit(response)) return;
    response.shouldKeepAlive = false;
    metrics.discarded.add(1, 'expectation-failed');
    response.writeHead(417, { 'content-type': problemContentType });
    response.end(problemBody('expectation-failed', randomUUID()));
  });
}

function silentMsMax({ http, body, producing }: ReceiverConfig): number {
  return http.keepAliveTimeoutMs + http.headersTimeoutMs + body.bodyTimeoutMs + producing.deliveryTimeoutMs;
}

function refuseUnknown(o: HttpServerOptions, request: FastifyRequest, reply: FastifyReply): void {
  const [path = ''] = request.raw.url?.split('?', 1) ?? [];
  const methods = o.routes.filter((route) => route.path === path).map((route) => route.method);
  if (methods.length === 0) {
    const meant = meantPath(
      path,
      o.routes.map((route) => route.path),
    );
    o.intake.refuse('not-found', request, reply, {}, meant && `Did you mean ${meant}?`);
  } else o.intake.refuse('method-not-allowed', request, reply, { allow: methods.join(', ') });
}

function problemOf(error: FastifyError, log: Log): ProblemCode {
  if (error.statusCode !== undefined && error.statusCode < 500) return 'bad-request';
  log.error({ error }, 'request failed');
  return 'internal-error';
}

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
import type { ReceiverMetrics } from '../metrics.ts';
import type { ProblemCode } from '../api/problems.ts';
import type { EventRoute } from '../api/routes.ts';
import { refuseConnection } from './refuse-connection.ts';

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

/**
 * The HTTP side: routes, limits of connections and headers, and a problem document for whatever goes wrong.
 */
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
    // Bodies have their own limits (body-reads.ts); this one ends those that are read and thrown away.
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

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLog, Metrics, readConfig } from '@penstock/service';
import { answerStored } from '../src/api/answer.ts';
import { eventRoutes } from '../src/api/routes.ts';
import { knobs } from '../src/config.ts';
import { createHttpServer } from '../src/http/http-server.ts';
import { declareMetrics } from '../src/metrics.ts';
import { Backlog } from '../src/raw/backlog.ts';
import type { Intake } from '../src/request/intake.ts';
import { MemoryBudget } from '../src/request/memory-budget.ts';

// An HTTP server that reads a body and answers as the Receiver does, and nothing else: no record, no Kafka.
// The benchmark of HTTP starts it (test/bench/src/suites/receiver/http-cost.ts).
// `fastify`: the Receiver's own server, hooks and routes included. `node`: node:http with the same limits.

const config = readConfig(knobs, {
  env: {
    PENSTOCK_KAFKA_BOOTSTRAP: 'nowhere:1',
    PENSTOCK_RECEIVER_DC: 'bench',
    PENSTOCK_RECEIVER_KEY_SALT: 'a salt for the benchmark',
  },
});

function bodyRead(request: IncomingMessage, then: (bytes: number) => void): void {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => (bytes += chunk.length)).on('end', () => then(bytes));
}

async function fastifyServer(): Promise<Server> {
  const routes = eventRoutes(config.body.bodyBytesMax);
  const budget = new MemoryBudget(config.body.inFlightBytesMax);
  const metrics = declareMetrics(new Metrics('receiver'), {
    ...{ routes, budget },
    backlog: new Backlog(1, config.body.queueAgeMaxMs),
    topic: { writableShare: 1 },
  });
  const intake: Pick<Intake, 'receive' | 'refuse' | 'discardBody'> = {
    receive: (route, request, reply) =>
      bodyRead(request.raw, (bytes) => answerStored(reply, route, randomUUID(), bytes)),
    discardBody: () => {},
    refuse: (code, _, reply) => void reply.code(500).send(code),
  };
  const app = await createHttpServer({
    ...{ config, metrics, routes, budget, intake: intake as Intake, tls: undefined },
    log: createLog({ service: 'receiver', level: 'error' }),
    leaving: () => false,
  });
  return app.server;
}

function nodeServer(): Server {
  const { http, body } = config;
  const limits = {
    keepAliveTimeout: http.keepAliveTimeoutMs,
    requestTimeout: http.headersTimeoutMs + body.bodyTimeoutMs + 1_000,
    maxHeaderSize: http.headerBytesMax,
    headersTimeout: http.headersTimeoutMs,
    connectionsCheckingInterval: 1_000,
    requireHostHeader: false,
  };
  return createServer(limits, (request, response) => {
    if (request.method !== 'POST' || request.url !== '/v4/events') return answerUnknown(response);
    bodyRead(request, (bytes) => {
      const answer = `{"request_id":"${randomUUID()}","bytes":${bytes}}`;
      response.writeHead(200, {
        'cache-control': 'no-store',
        'content-type': 'application/json',
        'content-length': answer.length,
      });
      response.end(answer);
    });
  });
}

function answerUnknown(response: ServerResponse): void {
  response.writeHead(404).end();
}

const server = process.argv[2] === 'fastify' ? await fastifyServer() : nodeServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: config.http.backlog }, () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ msg: 'listening', port })}\n`);
});

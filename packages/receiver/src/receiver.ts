import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { partitionFor, startBatchProducer, type BatchProducer, type Settlement } from '@penstock/kafka';
import { showListen, type Listen, type Service, type ServiceContext } from '@penstock/service';
import { trustedProxies } from './request/client-address.ts';
import { openGate } from './access/gate.ts';
import { knobs, lastBodiesMs, type ReceiverConfig } from './config.ts';
import { createHttpServer } from './http/http-server.ts';
import { openListenerTls, readListenerTls } from './http/listener-tls.ts';
import { Listeners } from './http/listeners.ts';
import { Intake } from './request/intake.ts';
import type { RequestContext } from './request/taken-request.ts';
import { MemoryBudget } from './request/memory-budget.ts';
import { declareMetrics } from './metrics.ts';
import { Backlog } from './raw/backlog.ts';
import { HotSenders } from './raw/hot-senders.ts';
import { RawRecords } from './raw/raw-record.ts';
import { openRawTopic, untilKafka, type RawTopic } from './raw/raw-topic.ts';
import { bodyLimits, BodyReads } from './request/body-reads.ts';
import { freeBytes } from './request/free-bytes.ts';
import { readOwnRoute } from './api/own-routes.ts';
import { SpoolFolder } from './spool/spool-folder.ts';
import { Spool, type ProducedToken, type SpoolOptions } from './spool/spool.ts';
import { eventRoutes } from './api/routes.ts';

export interface Receiver extends Service {
  readonly address: Listen;
}

/**
 * leaving: everything is served, and clients are asked to connect elsewhere. closed: new requests are
 * answered 503.
 */
type Phase = 'serving' | 'leaving' | 'closed';

/** How long the last answers may take to leave for their clients. */
const answersMs = 500;

/**
 * Opens the listener for clients once Kafka is known, and waits for Kafka until told to stop. Throws
 * ListenError, and KafkaError for a cluster that cannot keep the promise.
 */
export async function startReceiver(context: ServiceContext<ReceiverConfig>): Promise<Receiver> {
  const { config, log } = context;
  await using cleanup = new AsyncDisposableStack();
  // Before Kafka is asked: a file that cannot be used is told at once.
  const gate = cleanup.use(await openGate(config, log));
  const tlsFiles = await readListenerTls(config);
  const until = untilKafka(context);
  const topic = cleanup.use(await openRawTopic(context, until));
  const now: { phase: Phase } = { phase: 'serving' };
  const budget = new MemoryBudget(config.body.inFlightBytesMax);
  const reads = cleanup.use(new BodyReads(budget, bodyLimits(config)));
  const routes = eventRoutes(config.body.bodyBytesMax, config.http.ownRoutes?.map(readOwnRoute));
  const backlog = new Backlog(topic.partitionCount, config.body.queueAgeMaxMs);
  const metrics = declareMetrics(context.metrics, { routes, budget, backlog, topic });
  const tls = cleanup.use(openListenerTls(tlsFiles, context, metrics));
  const { partitionCount } = topic;
  const hot = { log, keySalt: config.record.keySalt, partitionCount, hotPercent: config.access.hotPercent };
  const hotSenders = new HotSenders(hot, performance.now());
  hotSenders.declareMetrics(context.metrics);
  const { dc, tenant, keySalt, instance: receiver = hostname() } = config.record;
  // A broker whose controller is away, or still reads its log, gives out no producer id for minutes
  // (COORDINATOR_LOAD_IN_PROGRESS). A process that ended then would only be started to ask again.
  const producer = cleanup.use(
    await until('producer', () => openProducer(topic, config, (settlement) => intake.settled(settlement))),
  );
  const produce: RequestContext['produce'] = (record, token, partition) => {
    if (!producer.append(topic.name, partition, record, token)) return false;
    backlog.added(partition, token.bodyBytes, performance.now());
    return true;
  };
  const spool = await openSpool(config, cleanup, {
    ...{ log, metrics, mayProduce: () => topic.fit },
    produce: (record, token) => produce(record, token, partitionFor(record.key, partitionCount)),
  });
  const intake: Intake = new Intake({
    ...{ log, metrics, budget, reads, backlog, gate, hotSenders, partitionCount, spool },
    // The producer has copied the body, or refused it.
    produce(record, token, partition) {
      const taken = produce(record, token, partition);
      freeBytes(record.value);
      return taken;
    },
    records: new RawRecords({ dc, receiver, tenant, keySalt }, routes),
    trusted: trustedProxies(config.http.trustedProxyHops, config.http.trustedProxies ?? []),
    retryAfterMaxMs: config.body.retryAfterMaxMs,
    closedBecause: () => (now.phase === 'closed' ? 'stopping' : topic.fit ? undefined : 'topic-unfit'),
  });
  spool?.declareMetrics(context.metrics);
  const leaving = () => now.phase !== 'serving';
  const app = await createHttpServer({ config, log, metrics, routes, intake, budget, tls, leaving });
  cleanup.defer(() => app.close());

  const listening = { ...config.http, knob: knobs.http.listen.name };
  const listeners = cleanup.use(await Listeners.open(app.server, listening));
  const { address, port } = listeners.address;
  const shown = { address: showListen({ address, port }), topic: topic.name, partitions: partitionCount };
  log.info(shown, 'taking events');
  const owned = cleanup.move();
  return {
    address: { address, port },
    notReady: () => notReadyBecause(topic, backlog, spool),
    status: () => ({
      topic: topic.name,
      partitionCount,
      ...now,
      waiting: intake.waiting,
      inFlightBytes: budget.bytes,
      hotSenders: hotSenders.hot(performance.now()),
      ...(spool && { spool: { mode: spool.mode, bytes: spool.bytes } }),
    }),
    drain: () => drain(now, config.stopping.stopLingerMs, { app, listeners, reads, producer, spool }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function openProducer(
  topic: RawTopic,
  { producing, body }: ReceiverConfig,
  onSettled: (settlement: Settlement<ProducedToken>) => void,
): Promise<BatchProducer<ProducedToken>> {
  const { lingerMs, batchBytes, deliveryTimeoutMs, compression: codec } = producing;
  // A partition that is stuck has no share of its own: the backlog refuses what would wait for it
  // (raw/backlog.ts).
  const memoryBytes = body.inFlightBytesMax;
  return startBatchProducer<ProducedToken>(topic.cluster, {
    ...{ lingerMs, batchBytes, deliveryTimeoutMs, codec, memoryBytes, partitionBytes: memoryBytes },
    onSettled,
  });
}

/** Undefined when none is wanted. */
async function openSpool(
  { spool: { folder: path, bytesMax } }: ReceiverConfig,
  cleanup: AsyncDisposableStack,
  o: Omit<SpoolOptions, 'folder' | 'bytesMax'>,
): Promise<Spool | undefined> {
  if (path === undefined) return undefined;
  const folder = cleanup.use(await SpoolFolder.open(path));
  return cleanup.use(await Spool.open({ ...o, folder, bytesMax }));
}

function notReadyBecause(topic: RawTopic, backlog: Backlog, spool: Spool | undefined): readonly string[] {
  const more = [backlog.notReady(performance.now()), spool?.notReady()];
  return [...topic.notReady(), ...more.filter((reason) => reason !== undefined)];
}

async function drain(
  now: { phase: Phase },
  lingerMs: number,
  parts: {
    app: FastifyInstance;
    listeners: Listeners;
    reads: BodyReads;
    producer: BatchProducer<ProducedToken>;
    spool: Spool | undefined;
  },
): Promise<void> {
  const { app, listeners, reads, producer, spool } = parts;
  // A closing listener resets what waits in its accept queue, so balancers get the time to see /readyz first.
  now.phase = 'leaving';
  await sleep(lingerMs);
  const lastUntil = performance.now() + lastBodiesMs;
  const closed = await listeners.close();
  // A client that has just connected is about to ask, and one that has kept its connection may: both are
  // still served.
  while ((await listeners.connections()) > 0 && performance.now() < lastUntil) await sleep(10);
  now.phase = 'closed';
  reads.failAll('stopping');
  spool?.stop();
  await producer.drain();
  await spool?.drain();
  app.server.closeIdleConnections();
  await Promise.race([closed.ended, sleep(answersMs)]);
}

import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { createLog, Metrics, readConfig } from '@penstock/service';
import type { OutgoingRecord, Settlement } from '@penstock/kafka';
import { onTestFinished } from 'vitest';
import { openGate } from '../src/access/gate.ts';
import { trustedProxies } from '../src/request/client-address.ts';
import { knobs, type ReceiverConfig } from '../src/config.ts';
import { createHttpServer } from '../src/http/http-server.ts';
import { openListenerTls, readListenerTls, type ListenerTls } from '../src/http/listener-tls.ts';
import { Intake } from '../src/request/intake.ts';
import type { ProducedToken } from '../src/spool/spool.ts';
import { MemoryBudget } from '../src/request/memory-budget.ts';
import { declareMetrics } from '../src/metrics.ts';
import type { ProblemCode } from '../src/api/problems.ts';
import { Backlog } from '../src/raw/backlog.ts';
import { HotSenders } from '../src/raw/hot-senders.ts';
import { RawRecords } from '../src/raw/raw-record.ts';
import { bodyLimits, BodyReads } from '../src/request/body-reads.ts';
import { readOwnRoute } from '../src/api/own-routes.ts';
import { eventRoutes } from '../src/api/routes.ts';

export interface HttpSide {
  url: string;
  port: number;
  /** What was handed to the producer. */
  appended: { record: OutgoingRecord; partition: number; token: ProducedToken }[];
  budget: MemoryBudget;
  reads: BodyReads;
  /** How the following appends are settled; 'never' leaves them open, 'full' refuses them. */
  outcome: Settlement<ProducedToken>['outcome'] | 'never' | 'full';
  closedBecause: ProblemCode | undefined;
  leaving: boolean;
  tls: ListenerTls | undefined;
  metrics(): Promise<string>;
  logged(): string;
}

/** The Receiver's HTTP side with a producer that settles as the test says: for what needs no broker. */
export async function startHttpSide(env: Record<string, string> = {}): Promise<HttpSide> {
  const config = configOf(env);
  const lines = new PassThrough().setEncoding('utf8');
  const log = createLog({ service: 'receiver', level: 'debug', destination: lines });
  const registry = new Metrics('receiver');
  const budget = new MemoryBudget(config.body.inFlightBytesMax);
  const reads = new BodyReads(budget, bodyLimits(config));
  const routes = eventRoutes(config.body.bodyBytesMax, config.http.ownRoutes?.map(readOwnRoute));
  const gate = await openGate(config, log);
  const backlog = new Backlog(12, config.body.queueAgeMaxMs);
  const metrics = declareMetrics(registry, { routes, budget, backlog, topic: { writableShare: 1 } });
  const { dc, instance: receiver = '', tenant, keySalt } = config.record;
  const tls = openListenerTls(await readListenerTls(config), { config, log, metrics: registry }, metrics);
  const topic = 'events.raw';
  const side: HttpSide = {
    url: '',
    port: 0,
    appended: [],
    budget,
    reads,
    outcome: 'written',
    closedBecause: undefined,
    leaving: false,
    tls,
    metrics: () => registry.exposition(),
    logged: () => String(lines.read() ?? ''),
  };
  const intake: Intake = new Intake({
    ...{ log, metrics, budget, reads, backlog, gate, spool: undefined },
    hotSenders: new HotSenders({ log, keySalt, partitionCount: 12, hotPercent: 20 }, 0),
    records: new RawRecords({ dc, receiver, tenant, keySalt }, routes),
    trusted: trustedProxies(config.http.trustedProxyHops, config.http.trustedProxies ?? []),
    partitionCount: 12,
    retryAfterMaxMs: config.body.retryAfterMaxMs,
    closedBecause: () => side.closedBecause,
    produce(record, token, partition) {
      const { outcome } = side;
      if (outcome === 'full') return false;
      side.appended.push({ record, partition, token });
      if (outcome !== 'never')
        setImmediate(() => intake.settled({ topic, partition, baseOffset: 0n, tokens: [token], outcome }));
      backlog.added(partition, token.bodyBytes, performance.now());
      return true;
    },
  });
  const leaving = (): boolean => side.leaving;
  const app = await createHttpServer({ config, log, metrics, routes, intake, budget, tls, leaving });
  await new Promise<void>((resolve) => app.server.listen(0, '127.0.0.1', resolve));
  side.port = (app.server.address() as AddressInfo).port;
  side.url = `${tls ? 'https' : 'http'}://127.0.0.1:${side.port}`;
  onTestFinished(async () => {
    reads[Symbol.dispose]();
    gate[Symbol.dispose]();
    tls?.[Symbol.dispose]();
    app.server.closeAllConnections();
    app.server.close();
    await app.close();
  });
  return side;
}

function configOf(env: Record<string, string>): ReceiverConfig {
  const named = Object.entries(env).map(([name, value]) => [`PENSTOCK_RECEIVER_${name}`, value]);
  return readConfig(knobs, {
    env: {
      PENSTOCK_KAFKA_BOOTSTRAP: 'nowhere:1',
      PENSTOCK_RECEIVER_DC: 'fra',
      PENSTOCK_RECEIVER_INSTANCE: 'receiver-1',
      PENSTOCK_RECEIVER_KEY_SALT: 'a salt for the tests',
      ...Object.fromEntries(named),
    },
  });
}

/**
 * Sends `parts` as they are, `gapMs` apart. Collects the answer until the connection ends or `untilMs` is
 * over: for who wants to see silence, or hold a connection for so long.
 */
export async function sendRaw(
  port: number,
  parts: readonly string[],
  gapMs = 0,
  untilMs = 30_000,
): Promise<string> {
  return exchange(port, parts, gapMs, untilMs, () => false);
}

/**
 * Sends `parts` as they are, `gapMs` apart. Answers as soon as so many whole final answers are there, or the
 * connection ends.
 */
export function answersTo(port: number, parts: readonly string[], gapMs = 0, count = 1): Promise<string> {
  return exchange(port, parts, gapMs, 30_000, (answer) => wholeAnswers(answer) >= count);
}

/** Of answers that say their length, as all of ours do; 1xx are none. */
function wholeAnswers(text: string): number {
  let count = 0;
  for (let rest = text; ;) {
    const headEnd = rest.indexOf('\r\n\r\n') + 4;
    if (headEnd < 4) return count;
    const head = rest.slice(0, headEnd);
    const end = headEnd + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    if (rest.length < end) return count;
    if (!/^HTTP\/1\.\d 1/.test(head)) count += 1;
    rest = rest.slice(end);
  }
}

async function exchange(
  port: number,
  parts: readonly string[],
  gapMs: number,
  untilMs: number,
  isEnough: (answer: string) => boolean,
): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  let answer = '';
  socket.on('error', () => {});
  socket.on('data', (chunk: string) => {
    answer += chunk;
    if (isEnough(answer)) socket.destroy();
  });
  const ended = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  const timer = setTimeout(() => socket.destroy(), untilMs);
  for (const part of parts) {
    if (socket.destroyed) break;
    socket.write(part, 'latin1');
    await new Promise((resolve) => setTimeout(resolve, gapMs));
  }
  await ended;
  clearTimeout(timer);
  return answer;
}

import { uniqueName, type TestKafka } from '@penstock/test-broker';
import { cpuSecondsOf, peakRssBytesOf } from '@penstock/test-process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReceiverContender, Started } from './contender.ts';
import type { Workload } from './workloads.ts';
import { runWrk } from './wrk.ts';

/** One contender's figures of one run. */
export interface ReceiverSample {
  readonly cpuMicrosPerEvent: number;
  readonly eventsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** From the start of the process. */
  readonly peakRssBytes: number;
}

export interface Measurement {
  readonly kafka: TestKafka;
  readonly workload: Workload;
  /** Of all connections together; undefined: as fast as they go. */
  readonly requestsPerSecond: number | undefined;
  /** Bodies of so many events as files 1 to `bodies`. */
  readonly folder: string;
  readonly bodies: number;
  readonly seconds: { readonly warm: number; readonly measured: number };
}

interface Moment {
  readonly records: number;
  readonly cpuSeconds: number;
  readonly atMs: number;
}

const partitions = 12;
/** Connections are made meanwhile. The kernel drops some of thousands, which ask again after 1 or 3 s. */
const settleMsOf = (connections: number): number => (connections < 1_000 ? 1_000 : 5_000);
/** For the two looks at the topic. */
const lookSeconds = 4;

/**
 * Starts a contender, warms it up, and measures it under load. What counts is what the topic has got, and
 * not what the client says; a request that is not answered 200 fails the run. The topic goes afterwards.
 */
export async function measureReceiver(contender: ReceiverContender, o: Measurement): Promise<ReceiverSample> {
  const { kafka, workload } = o;
  const topic = uniqueName('bench-receiver');
  const configs = { 'max.message.bytes': '2000000', 'file.delete.delay.ms': '1000' };
  await kafka.createTopic(topic, { partitions, configs });
  try {
    const { eventsPerRequest, connections } = workload;
    const { process, url } = await contender.start({ bootstrap: kafka.bootstrap, topic, connections });
    await using _ = process;
    const { requestsPerSecond: rate, seconds, folder, bodies } = o;
    const pauseMs = rate === undefined ? 0 : Math.round((connections / rate) * 1_000);
    const load = { url, connections, folder, bodies, pauseMs };
    await runWrk({ ...load, seconds: seconds.warm });
    const settleMs = settleMsOf(connections);
    const running = runWrk({ ...load, seconds: seconds.measured + settleMs / 1_000 + lookSeconds });
    const measuring = measureWindow(kafka, topic, process, {
      settleMs,
      measuredMs: seconds.measured * 1_000,
    });
    try {
      // Rejects at once when the load does.
      const [from, to] = await Promise.race([measuring, running.then(tooEarly)]);
      const { p50Ms, p99Ms } = await running;
      const events = (to.records - from.records) * eventsPerRequest;
      return {
        ...{ p50Ms, p99Ms, peakRssBytes: peakRssBytesOf(pidOf(process)) },
        cpuMicrosPerEvent: ((to.cpuSeconds - from.cpuSeconds) / events) * 1e6,
        eventsPerSecond: (events / (to.atMs - from.atMs)) * 1_000,
      };
    } finally {
      // The load is over before the next contender starts.
      await Promise.allSettled([running]);
    }
  } finally {
    await kafka.admin((admin) => admin.deleteTopics({ topics: [topic] }));
  }
}

async function measureWindow(
  kafka: TestKafka,
  topic: string,
  process: Started['process'],
  { settleMs, measuredMs }: { settleMs: number; measuredMs: number },
): Promise<readonly [from: Moment, to: Moment]> {
  return kafka.admin(async (admin) => {
    const look = async (): Promise<Moment> => {
      const offsets = await admin.fetchTopicOffsets(topic);
      const records = offsets.reduce((sum, { high }) => sum + Number(high), 0);
      return { records, cpuSeconds: cpuSecondsOf(pidOf(process)), atMs: performance.now() };
    };
    await sleep(settleMs);
    const from = await look();
    await sleep(measuredMs);
    const to = await look();
    if (to.records === from.records) throw new Error(`nothing was stored: ${process.outputTail(5)}`);
    return [from, to] as const;
  });
}

function tooEarly(): never {
  throw new Error('the load ended early');
}

function pidOf({ pid }: Started['process']): number {
  if (pid === undefined) throw new Error('it could not be started');
  return pid;
}

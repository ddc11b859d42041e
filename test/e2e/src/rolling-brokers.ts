import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startKafka } from '@penstock/test-broker';
import type { TestBroker, TestKafka } from '@penstock/test-broker';
import { runnerCommand, runToEnd } from '@penstock/test-process';
import { onTestFinished } from 'vitest';

export const isRoot = process.getuid?.() === 0;
const nobody = { uid: 65_534, gid: 65_534 };

/** What stands between the supervisor and the brokers, and how they are stopped. */
export interface Starter {
  through: readonly string[];
  stop(broker: TestBroker): Promise<void>;
}

/** Each broker is started by the Runner, with a pid file, and stopped by `penstock-run stop`. */
export async function byRunner(): Promise<Starter> {
  const pids = await mkdtemp('/run/penstock-rolling-');
  onTestFinished(() => rm(pids, { recursive: true }));
  // The folder a broker starts in has its name.
  const script = 'exec "$0" "$1" "$2" --pid-file "$3/${PWD##*/}.pid" -- "${@:4}"';
  const options = ['--user=65534:65534', pids];
  return {
    through: ['/usr/bin/env', '-u', 'NODE_OPTIONS', '/bin/bash', '-c', script, ...runnerCommand, ...options],
    stop: async (broker) => {
      const pidFile = join(pids, `broker-${broker.id}.pid`);
      const stop = [...runnerCommand, 'stop', '--pid-file', pidFile, '--timeout', '60'];
      const { exitCode, stderr } = await runToEnd(stop);
      if (exitCode !== 0) throw new Error(`penstock-run stop ended with ${exitCode}: ${stderr}`);
      await until(() => broker.pid === undefined, 60_000, `broker ${broker.id} has ended`);
    },
  };
}

/**
 * As the job of the incident had it; stopped as its supervisor did, by TERM to the process that was
 * started.
 */
export function bySu(): Starter {
  const script = 'exec "$0" "$@"';
  return {
    through: ['/bin/su', '-s', '/bin/bash', '-c', script, '--', 'nobody'],
    stop: (broker) => broker.stop(),
  };
}

export async function startBrokers({ through }: Starter): Promise<TestKafka> {
  const kafka = await startKafka({
    brokers: 3,
    name: 'rolling',
    through,
    owner: nobody,
    // Kafka's default, which a controlled shutdown waits for.
    settings: { 'broker.heartbeat.interval.ms': '2000' },
  });
  onTestFinished(() => kafka[Symbol.asyncDispose]());
  return kafka;
}

/** What a stop and a start of one broker left behind. */
export interface Restarted {
  /** Partitions that the broker still led when it was gone. */
  leftLeading: number;
  /** What it said of its log folder at the start. */
  shutdown: 'clean' | 'unclean';
  /** Partitions whose log it had to read again; not the controller's own, which every start reads. */
  recovered: number;
}

/** One after the other, as the runbook has it: stop, start, wait until every replica is in sync again. */
export async function restartOneByOne(kafka: TestKafka, starter: Starter): Promise<Restarted[]> {
  const all: Restarted[] = [];
  for (const broker of kafka.brokers) {
    await inSync(kafka);
    const seen = (await readFile(broker.logFile!, 'utf8')).length;
    await starter.stop(broker);
    const leftLeading = await leads(kafka, broker.id);
    await broker.start();
    await inSync(kafka);
    all.push({ leftLeading, ...judgeStart((await readFile(broker.logFile!, 'utf8')).slice(seen)) });
  }
  return all;
}

/** By the words of Kafka's LogManager and LogLoader, 4.2. */
function judgeStart(log: string): Pick<Restarted, 'shutdown' | 'recovered'> {
  const clean = log.includes('since clean shutdown file was found');
  const recovered = new Set<string>();
  for (const [, partition = ''] of log.matchAll(/partition=(\S+), dir=\S+\] Recovering unflushed segment/g)) {
    if (!partition.startsWith('__cluster_metadata')) recovered.add(partition);
  }
  return { shutdown: clean ? 'clean' : 'unclean', recovered: recovered.size };
}

async function partitionsOf(kafka: TestKafka) {
  const { topics } = await kafka.admin((admin) => admin.fetchTopicMetadata());
  return topics.flatMap(({ partitions }) => partitions);
}

async function leads(kafka: TestKafka, id: number): Promise<number> {
  return (await partitionsOf(kafka)).filter(({ leader }) => leader === id).length;
}

function inSync(kafka: TestKafka): Promise<void> {
  const check = async (): Promise<boolean> =>
    (await partitionsOf(kafka)).every(({ isr, replicas }) => isr.length === replicas.length);
  return until(check, 180_000, 'every replica is in sync');
}

async function until(
  check: () => boolean | Promise<boolean>,
  timeoutMs: number,
  what: string,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await sleep(100);
  }
}

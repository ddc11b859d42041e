import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, findJava, kafkaVersion } from '../../../../../broker/src/jvm/java.ts';
import type { Contender } from '../contender.ts';
import { valueOf } from './client-process.ts';
import type { Job, JobReport } from './client-process.ts';

/** Kafka's own client in Kafka's own tools, kafka-producer-perf-test and kafka-consumer-perf-test. */
export function javaContender(folder: string): Contender {
  const program = findJava();
  const version = kafkaVersion();
  // A file, because the tool would make a random record each time, which costs more than sending it.
  const payload = join(folder, 'java.payload');
  return {
    name: `Java client ${version ?? ''}`.trim(),
    skipped: program && version ? undefined : 'no Java or no Kafka jars: brokers run in containers here',
    async prepare(job) {
      if (job.role === 'produce') writeFileSync(payload, `${valueOf(job).toString()}\n`);
    },
    launch: (job) => ({
      command: program ?? 'java',
      args: [...jvmFlags, ...(job.role === 'produce' ? produceArgs(job, payload) : consumeArgs(job))],
    }),
    report: ({ stdout }) => ({ ...latencyOf(stdout), ...fetchTimeOf(stdout) }),
  };
}

const broker = join(import.meta.dirname, '../../../../../broker');

/** Those of Kafka's kafka-run-class.sh. */
const jvmFlags = [
  ...['-Xmx512m', '-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20'],
  ...[
    '-XX:InitiatingHeapOccupancyPercent=35',
    '-XX:+ExplicitGCInvokesConcurrent',
    '-Djava.awt.headless=true',
  ],
  `-Dlog4j2.configurationFile=${join(broker, 'src/jvm/tool.log4j2.properties')}`,
  ...['-cp', join(cacheFolder, 'libs', '*')],
];

function produceArgs(job: Job, payload: string): string[] {
  const properties = {
    'bootstrap.servers': job.bootstrap.join(','),
    acks: 'all',
    'enable.idempotence': 'true',
    'linger.ms': String(job.lingerMs),
    'batch.size': String(job.batchBytes),
    'buffer.memory': String(64 * 1024 * 1024),
    'compression.type': 'none',
  };
  return [
    'org.apache.kafka.tools.ProducerPerformance',
    ...['--topic', job.topic, '--num-records', String(job.records), '--throughput', '-1'],
    ...['--payload-file', payload, '--reporting-interval', '600000'],
    // This tool takes only the last option of the name, with all that follow it.
    ...['--command-property', ...pairsOf(properties)],
  ];
}

function consumeArgs(job: Job): string[] {
  const properties = { 'isolation.level': 'read_committed', 'max.partition.fetch.bytes': '1048576' };
  return [
    'org.apache.kafka.tools.ConsumerPerformance',
    ...[
      '--bootstrap-server',
      job.bootstrap.join(','),
      '--topic',
      job.topic,
      '--num-records',
      String(job.records),
    ],
    ...['--hide-header', '--reporting-interval', '600000'],
    ...pairsOf(properties).flatMap((pair) => ['--command-property', pair]),
  ];
}

function pairsOf(properties: Record<string, string>): string[] {
  return Object.entries(properties).map(([name, value]) => `${name}=${value}`);
}

/** "... 5.0 ms avg latency, 20.00 ms max latency, 4 ms 50th, 10 ms 95th, 15 ms 99th, 19 ms 99.9th." */
function latencyOf(stdout: string): JobReport {
  const p50 = /([\d.]+) ms 50th/.exec(stdout)?.[1];
  const p99 = /([\d.]+) ms 99th/.exec(stdout)?.[1];
  return p50 && p99 ? { latencyMs: { p50: Number(p50), p99: Number(p99) } } : {};
}

/**
 * The consumer's line: "start, end, MB, MB/s, records, records/s, rebalance ms, fetch ms, ...", with a time
 * in the first two.
 */
function fetchTimeOf(stdout: string): JobReport {
  const fields = stdout.trim().split('\n').at(-1)?.split(', ') ?? [];
  const fetchMs = Number(fields[7]);
  return fields.length === 10 && fetchMs > 0 ? { workMs: fetchMs } : {};
}

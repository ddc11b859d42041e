import type { TestKafka } from '@penstock/test-broker';
import type { SuiteContext } from '../../suite.ts';
import { ratioOf } from '../../statistics.ts';
import type { Table } from '../../table.ts';
import { nodeContender, penstock } from './contender.ts';
import type { Contender } from './contender.ts';
import { openEndsOfRelay } from './ends-of-relay.ts';
import { medianOfAll, spreadOfAll } from './record-table.ts';
import { runRounds } from './rounds.ts';
import type { Outcome, PreparedJob, Sample } from './rounds.ts';
import { filledTopics, jobFor, passingTopic, workload } from './workload.ts';

/** The least that Node can spend on bytes that only pass. */
export const plainRelay = nodeContender('plain Node TCP relay', 'tcp-relay.ts');

export async function measureRelay(
  kafka: TestKafka,
  contenders: readonly Contender[],
  { runs, quick, say }: SuiteContext,
): Promise<Table> {
  const sizes = quick ? { small: 30_000, large: 120_000 } : { small: 150_000, large: 600_000 };
  say('filling the topics to relay');
  const topics = await filledTopics(kafka, 'bench-relay', [sizes.small, sizes.large]);
  const outcomes = await runRounds({
    contenders,
    runs,
    sizes,
    say,
    jobOf: (records, contender) =>
      contender === plainRelay ? plainJob(records) : kafkaJob(kafka, topics.get(records) ?? '', records),
  });
  await kafka.admin((admin) => admin.deleteTopics({ topics: [...topics.values()] }));
  return tableOf(outcomes, sizes);
}

async function kafkaJob(kafka: TestKafka, topic: string, records: number): Promise<PreparedJob> {
  const target = await passingTopic(kafka, 'bench-relay-target');
  const job = { ...jobFor(kafka, 'relay', topic, records), target: target.topic };
  return { job, [Symbol.asyncDispose]: () => target[Symbol.asyncDispose]() };
}

async function plainJob(records: number): Promise<PreparedJob> {
  const ends = await openEndsOfRelay(records * workload.valueBytes);
  const job = jobFor({ bootstrap: [ends.source, ends.target] }, 'relay', '', records);
  return { job, [Symbol.asyncDispose]: () => ends[Symbol.asyncDispose]() };
}

function tableOf(outcomes: readonly Outcome[], sizes: { small: number; large: number }): Table {
  const cpuOf = ({ samples }: Outcome) => spreadOfAll(samples, cpuSecondsPerGigabyte);
  const plain = outcomes.find(({ contender }) => contender === plainRelay);
  const plainCpu = plain && cpuOf(plain);
  const rows = outcomes.map((outcome) => {
    const { contender, samples, trouble } = outcome;
    const name = contender === penstock ? 'Penstock: fetch to transactions' : contender.name;
    const cpu = cpuOf(outcome);
    if (cpu === null) return { name, figures: {}, skipped: trouble ?? 'nothing was measured' };
    const figures = {
      cpu,
      ratio: plainCpu ? ratioOf(cpu, plainCpu) : null,
      megabytes: spreadOfAll(
        samples,
        ({ recordsPerSecond }) => (recordsPerSecond * workload.valueBytes) / 1e6,
      ),
      rss: medianOfAll(samples, ({ peakRssBytes }) => peakRssBytes && peakRssBytes / 1e6),
    };
    return { name, figures };
  });
  return {
    title: 'Relay: whole batches from topic to topic',
    columns: [
      { key: 'cpu', title: 'CPU s/GB', digits: 2 },
      { key: 'ratio', title: 'x plain relay', digits: 2 },
      { key: 'megabytes', title: 'MB/s', digits: 0 },
      { key: 'rss', title: 'peak RSS MB', digits: 0 },
    ],
    rows,
    notes: [
      `The difference of ${sizes.large} and ${sizes.small} records of 1 KB in batches of 512 KiB, as ` +
        'the Mirror copies: read_committed, restamped and not decoded, in transactions of 16 MiB, on ' +
        `${workload.partitions} partitions of one broker (RF 1).`,
      'The plain relay passes as many bytes from one socket to another with stream.pipeline, and ' +
        'knows nothing of Kafka. A GB is 10^9 bytes.',
    ],
  };
}

function cpuSecondsPerGigabyte({ cpuMicrosPerRecord }: Sample): number {
  return (cpuMicrosPerRecord / workload.valueBytes) * 1e3;
}

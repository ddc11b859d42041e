import { ratioOf, spreadOf } from '../../statistics.ts';
import type { Row, Table } from '../../table.ts';
import type { FilledTopic } from './fill-source.ts';
import type { MirrorSample } from './measure-mirror.ts';
import { valueBytes } from './workloads.ts';

export interface MirrorOutcome {
  readonly name: string;
  readonly samples: readonly MirrorSample[];
  /** Why it was skipped, or failed in its last run. */
  readonly trouble?: string | undefined;
}

export function tableOf(outcomes: readonly MirrorOutcome[], { workload, storedBytes }: FilledTopic): Table {
  const { records, partitions } = workload;
  const ownCpu = outcomes.find(({ name, samples }) => name.startsWith('Penstock') && samples.length > 0);
  return {
    title: workload.title,
    columns: [
      { key: 'cpu', title: 'CPU s/GB', digits: 2 },
      { key: 'ratio', title: 'x Penstock', digits: 2 },
      { key: 'rate', title: 'records/s', digits: 0 },
      { key: 'start', title: 'CPU s to start', digits: 1 },
      { key: 'rss', title: 'peak RSS MB', digits: 0 },
    ],
    rows: outcomes.map((outcome) => rowOf(outcome, ownCpu)),
    notes: [
      `${records} records of ${valueBytes} bytes of JSON lie ready on ${partitions} partitions of the ` +
        `source, ${(storedBytes / 1e6).toFixed(0)} MB as stored; each mirror copies them all, from its ` +
        'first start. A GB is 10^9 bytes of values before compression.',
      'CPU (user and system time of the process, by the kernel) and records/s from the moment at which a ' +
        'quarter can be read at the target, read_committed, to the last record. A record that is missing ' +
        'or doubled fails the run. CPU to start is what came before the first record.',
      'Both brokers (RF 1), the mirror and the reader that counts share the cores. All mirrors have their ' +
        "defaults; MirrorMaker's producer has the codec of the source, and neither heartbeats nor " +
        'checkpoints.',
      'The plain relay passes the stored bytes from one socket to another, and knows nothing of Kafka.',
    ],
  };
}

function rowOf({ name, samples, trouble }: MirrorOutcome, own: MirrorOutcome | undefined): Row {
  if (samples.length === 0) return { name, figures: {}, skipped: trouble ?? 'nothing was measured' };
  const cpu = cpuOf(samples);
  const starts = samples.flatMap(({ startCpuSeconds }) =>
    startCpuSeconds === undefined ? [] : startCpuSeconds,
  );
  const figures = {
    cpu,
    ratio: own ? ratioOf(cpu, cpuOf(own.samples)) : null,
    rate: spreadOf(samples.map(({ recordsPerSecond }) => recordsPerSecond)),
    start: starts.length > 0 ? spreadOf(starts).median : null,
    rss: spreadOf(samples.map(({ peakRssBytes }) => peakRssBytes / 1e6)).median,
  };
  return { name, figures };
}

function cpuOf(samples: readonly MirrorSample[]) {
  return spreadOf(samples.map(({ cpuSecondsPerGigabyte }) => cpuSecondsPerGigabyte));
}

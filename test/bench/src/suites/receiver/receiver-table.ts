import { spreadOf, type Spread } from '../../statistics.ts';
import type { Row, Table } from '../../table.ts';
import type { ReceiverContender } from './contender.ts';
import type { ReceiverSample } from './measure.ts';
import type { Part, Workload } from './workloads.ts';

/** What the runs of one contender under one workload gave. */
export interface Outcome<Contender = Pick<ReceiverContender, 'name' | 'shareOfConnect'>> {
  readonly contender: Contender;
  readonly workload: Workload;
  readonly samples: ReceiverSample[];
  /** Why it does not take part, or no more. */
  trouble: string | undefined;
}

export function tableOf(part: Part, outcomes: readonly Outcome[], bytesPerEvent: number): Table {
  return {
    title: part.title,
    columns: [
      { key: 'cpu', title: 'CPU us/event', digits: 1 },
      { key: 'ratio', title: 'x Redpanda Connect', digits: 2 },
      { key: 'rate', title: 'events/s', digits: 0 },
      { key: 'p50', title: 'p50 ms', digits: 1 },
      { key: 'p99', title: 'p99 ms', digits: 1 },
      { key: 'rss', title: 'peak RSS MB', digits: 0 },
    ],
    rows: outcomes.map((outcome) => rowOf(part, outcome, outcomes)),
    notes: notesOf(part, outcomes, bytesPerEvent),
  };
}

/** The row of one that failed in a later run says so: half a series is no evidence. */
function rowOf(part: Part, outcome: Outcome, all: readonly Outcome[]): Row {
  const { contender, workload, samples, trouble } = outcome;
  const name = `${contender.name}, ${part.label(workload)}`;
  const cpu = trouble === undefined ? cpuOf(samples) : null;
  if (cpu === null) return { name, figures: {}, skipped: trouble ?? 'nothing was measured' };
  const connectMicros = connectMicrosOf(all.filter((other) => other.workload === workload));
  const spread = (figure: (sample: ReceiverSample) => number): Spread => spreadOf(samples.map(figure));
  const figures = {
    cpu,
    ratio: connectMicros === null ? null : cpu.median / connectMicros,
    rate: spread(({ eventsPerSecond }) => eventsPerSecond),
    p50: spread(({ p50Ms }) => p50Ms),
    p99: spread(({ p99Ms }) => p99Ms),
    rss: spread(({ peakRssBytes }) => peakRssBytes / 1e6),
  };
  return { name, figures };
}

/** Measured, or what Benthos took, scaled. */
function connectMicrosOf(outcomes: readonly Outcome[]): number | null {
  for (const { contender, workload, samples, trouble } of outcomes) {
    const share = contender.shareOfConnect(workload.eventsPerRequest);
    const cpu = cpuOf(samples);
    if (share !== undefined && trouble === undefined && cpu !== null) return cpu.median * share;
  }
  return null;
}

function cpuOf(samples: readonly ReceiverSample[]): Spread | null {
  return samples.length === 0 ? null : spreadOf(samples.map(({ cpuMicrosPerEvent }) => cpuMicrosPerEvent));
}

const scaled =
  'Redpanda Connect was not there (`BENCH_CONNECT`). The ratios are to Benthos 4.27, which it was made ' +
  'from, scaled: on another day Benthos took 2.2 times as much as Connect of 2026 at 100 events a request, ' +
  'and the same at 1; for others it is not known. Latency and RSS are those of Benthos.';

function notesOf({ workloads }: Part, outcomes: readonly Outcome[], bytesPerEvent: number): string[] {
  const isScaled = outcomes.some(({ contender: { shareOfConnect }, samples }) => {
    return samples.length > 0 && [1, 100].some((events) => (shareOfConnect(events) ?? 1) !== 1);
  });
  const load =
    workloads[0]?.load === 'half'
      ? 'At most half of what the slower contender takes: each of ' +
        `${workloads[0].connections} connections rests for a random time between an answer and its next ` +
        'request, so a slow answer also slows the load.'
      : 'Each connection sends as soon as it is answered: the latencies are those of a queue.';
  return [
    `wrk posts NDJSON of ${bytesPerEvent.toFixed(0)} bytes an event and a partition key by one thread; a ` +
      'request is stored as one record on one of 12 partitions, and answered 200 then (acks=all, ' +
      'idempotent, linger 5 ms, no compression). One other answer fails the run. One broker (RF 1); it ' +
      'and wrk share the machine.',
    'CPU is user and system time of the process by the kernel, over the records that the topic gets ' +
      'meanwhile, once it is warm. Peak RSS is from the start of the process, one for each run.',
    load,
    'Penstock: one process, with the headers of a raw record. The peer: its HTTP input and Kafka output, ' +
      'nothing between, and no headers; all cores.',
    ...(isScaled ? [scaled] : []),
  ];
}

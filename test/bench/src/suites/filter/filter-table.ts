import { spreadOf, type Spread } from '../../statistics.ts';
import type { Row, Table } from '../../table.ts';
import type { Backlog } from './backlog.ts';
import type { CleanBatches } from './clean-batches.ts';
import type { FilterContender } from './contender.ts';
import type { Drained } from './drain.ts';

/** What the runs of one contender gave. */
export interface Outcome<Contender = Pick<FilterContender, 'name' | 'shareOfConnect'>> {
  readonly contender: Contender;
  readonly drained: Drained[];
  /** Of its last run. */
  batches: CleanBatches | undefined;
  /** Why it does not take part, or no more. */
  trouble: string | undefined;
}

export function tableOf(outcomes: readonly Outcome[], backlog: Backlog): Table {
  const connectMicros = connectMicrosOf(outcomes);
  return {
    title: 'Backlog: raw events to clean ones',
    columns: [
      { key: 'cpu', title: 'CPU us/event', digits: 1 },
      { key: 'ratio', title: 'x Redpanda Connect', digits: 2 },
      { key: 'rate', title: 'events/s', digits: 0 },
      { key: 'rss', title: 'peak RSS MB', digits: 0 },
      { key: 'batch', title: 'KB/batch', digits: 0 },
    ],
    rows: outcomes.map((outcome) => rowOf(outcome, connectMicros)),
    notes: notesOf(outcomes, backlog),
  };
}

/** The row of one that failed in a later run says so: half a series is no evidence. */
function rowOf({ contender, drained, batches, trouble }: Outcome, connectMicros: number | null): Row {
  const cpu = trouble === undefined ? cpuOf(drained) : null;
  if (cpu === null) return { name: contender.name, figures: {}, skipped: trouble ?? 'nothing was measured' };
  const figures = {
    cpu,
    ratio: connectMicros === null ? null : cpu.median / connectMicros,
    rate: spreadOf(drained.map(({ eventsPerSecond }) => eventsPerSecond)),
    rss: Math.max(...drained.map(({ peakRssBytes }) => peakRssBytes)) / 1e6,
    batch: batches === undefined ? null : batches.bytesPerBatch / 1e3,
  };
  return { name: contender.name, figures };
}

/** Measured, or what Benthos took, scaled. */
function connectMicrosOf(outcomes: readonly Outcome[]): number | null {
  for (const { contender, drained, trouble } of outcomes) {
    if (contender.shareOfConnect === undefined || trouble !== undefined) continue;
    const cpu = cpuOf(drained);
    if (cpu !== null) return cpu.median * contender.shareOfConnect;
  }
  return null;
}

function cpuOf(drained: readonly Drained[]): Spread | null {
  return drained.length === 0 ? null : spreadOf(drained.map(({ cpuMicrosPerEvent }) => cpuMicrosPerEvent));
}

function notesOf(outcomes: readonly Outcome[], { events, partitions, bytesPerEvent }: Backlog): string[] {
  const isScaled = outcomes.some(({ contender: { shareOfConnect = 1 } }) => shareOfConnect !== 1);
  const scaled =
    'Redpanda Connect was not there (`BENCH_CONNECT`). The ratios are to Benthos 4.27, which it was made ' +
    'from, scaled: on another day Connect of 2026 took 63 us where Benthos took 77.';
  return [
    `${events} events of format 4 with 24 properties, ${bytesPerEvent.toFixed(0)} bytes of JSON each, one ` +
      `a request, in zstd batches on ${partitions} partitions of one broker (RF 1), which shares the ` +
      'machine. CPU is user and system time of the whole process by the kernel, from when a fifth of the ' +
      'backlog is committed until all of it is. Peak RSS is the greatest of all runs, from the start of ' +
      'the process.',
    'Penstock: exactly once, one thread, GeoIP with the embedded databases, repair, de-duplication, Avro, ' +
      'zstd. The peer: at least once, a mapping of six lines from JSON to JSON, no GeoIP, no Avro, zstd.',
    "KB/batch is the mean of the last run's batches to clean, before compression.",
    ...(isScaled ? [scaled] : []),
  ];
}

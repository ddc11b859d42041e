import type { TestKafka } from '@penstock/test-broker';
import { cpuSecondsOf, peakRssBytesOf } from '@penstock/test-process';
import { countCopies } from './count-copies.ts';
import type { FilledTopic } from './fill-source.ts';
import type { MirrorContender } from './mirrors/contender.ts';
import { valueBytes } from './workloads.ts';

/** One mirror's figures of one run. */
export interface MirrorSample {
  readonly cpuSecondsPerGigabyte: number;
  readonly recordsPerSecond: number;
  /** Until the first record can be read, without what its copying cost. */
  readonly startCpuSeconds: number | undefined;
  readonly peakRssBytes: number;
}

interface Moment {
  readonly records: number;
  readonly atMs: number;
  readonly cpuSeconds: number;
}

/** What comes before is warming up. */
const steadyFrom = 0.25;
/** What is slower is given up. */
const recordsPerSecondMin = 2_000;

/**
 * Lets a mirror copy the whole topic, and looks at its account each time a reader of the target has seen
 * more. Rejects when a record is missing or doubled. The target is emptied afterwards.
 */
export async function measureMirror(
  contender: MirrorContender,
  { topic, workload }: FilledTopic,
  { source, target, folder }: { source: TestKafka; target: TestKafka; folder: string },
  say: (line: string) => void,
): Promise<MirrorSample> {
  const { records, partitions, codec } = workload;
  try {
    await using mirror = await contender.start({ source, target, topic, codec, folder });
    const { pid } = mirror;
    if (pid === undefined) throw new Error(mirror.howItEnded());
    const moments: Moment[] = [];
    await countCopies({
      kafka: target,
      topic,
      partitions,
      records,
      timeoutMs: Math.max(60_000, (1_000 * records) / recordsPerSecondMin),
      onCount: (seen) =>
        void moments.push({ records: seen, atMs: performance.now(), cpuSeconds: cpuSecondsOf(pid) }),
      say: (line) => say(`${contender.name}: ${line}`),
      failure: () => (mirror.exit ? `${mirror.howItEnded()}: ${mirror.outputTail(3)}` : undefined),
    });
    return { ...figuresOf(moments, records), peakRssBytes: peakRssBytesOf(pid) };
  } finally {
    await empty(target, []);
    await empty(source, [topic]);
  }
}

function figuresOf(moments: readonly Moment[], records: number): Omit<MirrorSample, 'peakRssBytes'> {
  const first = moments[0];
  const from = moments.find((moment) => moment.records >= steadyFrom * records);
  const to = moments.at(-1);
  if (!first || !from || !to || to.records === from.records) {
    throw new Error('all records came at once: too few to measure');
  }
  const gigabytes = (count: number): number => (count * valueBytes) / 1e9;
  const cpuSecondsPerGigabyte = (to.cpuSeconds - from.cpuSeconds) / gigabytes(to.records - from.records);
  // Who shows so much at once shows nothing of its start.
  const early = first.records <= records / 20;
  return {
    cpuSecondsPerGigabyte,
    recordsPerSecond: ((to.records - from.records) / (to.atMs - from.atMs)) * 1_000,
    startCpuSeconds: early ? first.cpuSeconds - cpuSecondsPerGigabyte * gigabytes(first.records) : undefined,
  };
}

/** Deletes what a mirror has made: its copies, its positions, and what it noted at the source. */
async function empty(kafka: TestKafka, kept: readonly string[]): Promise<void> {
  await kafka.admin(async (admin) => {
    const names = await admin.listTopics();
    const topics = names.filter((name) => !name.startsWith('__') && !kept.includes(name));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  });
}

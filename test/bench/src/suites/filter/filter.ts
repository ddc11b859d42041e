import type { TestKafka } from '@penstock/test-broker';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ratioOf, spreadOf } from '../../statistics.ts';
import type { MeasuredPart, Suite, SuiteContext } from '../../suite.ts';
import type { Row, Table } from '../../table.ts';
import { startBenchKafka } from '../core/bench-kafka.ts';
import { fillBacklog, type Backlog } from './backlog.ts';
import { cleanBatches, type CleanBatches } from './clean-batches.ts';
import { connectContender } from './connect.ts';
import type { FilterContender } from './contender.ts';
import { drain, type Drained } from './drain.ts';
import { penstockContender } from './penstock.ts';

/** The Input Filter beside what one would have taken instead: the same backlog, the same broker. */
export const filter: Suite = {
  name: 'filter',
  about: 'packages/input-filter beside Redpanda Connect (or Benthos), on the same backlog and real broker',
  parts: ['backlog'],
  run,
};

interface Outcome {
  readonly contender: FilterContender;
  readonly drained: Drained[];
  batches: CleanBatches | undefined;
  trouble: string | undefined;
}

async function* run(context: SuiteContext): AsyncGenerator<MeasuredPart> {
  const { quick, rows, say } = context;
  const folder = await mkdtemp(join(tmpdir(), 'penstock-bench-filter-'));
  try {
    say('looking for the peer');
    const contenders = [penstockContender(), await connectContender(folder, say)];
    const wanted = contenders.filter(({ name }) => rows?.some((row) => name.startsWith(row)) ?? true);
    say('starting a broker');
    await using kafka: TestKafka = await startBenchKafka(1);
    const events = quick ? 40_000 : 200_000;
    say(`filling raw with ${events} events`);
    const backlog = await fillBacklog(kafka, events);
    yield { part: 'backlog', table: tableOf(await measure(kafka, backlog, wanted, context), backlog) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Turn by turn, so that what disturbs the machine disturbs all alike. */
async function measure(
  kafka: TestKafka,
  backlog: Backlog,
  contenders: readonly FilterContender[],
  { runs, say }: SuiteContext,
): Promise<readonly Outcome[]> {
  const outcomes = contenders.map((contender): Outcome => ({
    contender,
    drained: [],
    batches: undefined,
    trouble: contender.skipped,
  }));
  for (let round = 1; round <= runs; round++) {
    for (const outcome of outcomes.filter(({ trouble }) => trouble === undefined)) {
      const { name } = outcome.contender;
      try {
        const drained = await drain(kafka, backlog, outcome.contender);
        outcome.drained.push(drained);
        outcome.batches = await cleanBatches(kafka, drained.cleanTopic, backlog.partitions);
        await kafka.admin((admin) => admin.deleteTopics({ topics: [...drained.topics] }));
        say(`run ${round} of ${runs}: ${name}: ${drained.cpuMicrosPerEvent.toFixed(1)} us an event`);
      } catch (error) {
        outcome.trouble = `failed: ${error instanceof Error ? error.message : String(error)}`;
        say(`run ${round} of ${runs}: ${name} ${outcome.trouble}`);
      }
    }
  }
  return outcomes;
}

function tableOf(outcomes: readonly Outcome[], { events, partitions, bytesPerEvent }: Backlog): Table {
  const cpuOf = ({ drained }: Outcome) =>
    drained.length === 0 ? null : spreadOf(drained.map(({ cpuMicrosPerEvent }) => cpuMicrosPerEvent));
  const peer = outcomes.find(({ contender }) => contender.isPeer);
  const peerCpu = peer === undefined ? null : cpuOf(peer);
  const rows = outcomes.map((outcome): Row => {
    const { contender, drained, batches, trouble } = outcome;
    const cpu = cpuOf(outcome);
    if (cpu === null) {
      return { name: contender.name, figures: {}, skipped: trouble ?? 'nothing was measured' };
    }
    const figures = {
      cpu,
      ratio: peerCpu === null ? null : ratioOf(cpu, peerCpu),
      rate: spreadOf(drained.map(({ eventsPerSecond }) => eventsPerSecond)),
      rss: spreadOf(drained.map(({ peakRssBytes }) => peakRssBytes / 1e6)).median,
      batch: batches === undefined ? null : batches.bytesPerBatch / 1024,
    };
    return { name: contender.name, figures };
  });
  return {
    title: 'Backlog: raw events to clean ones',
    columns: [
      { key: 'cpu', title: 'CPU us/event', digits: 1 },
      { key: 'ratio', title: 'x peer', digits: 2 },
      { key: 'rate', title: 'events/s', digits: 0 },
      { key: 'rss', title: 'peak RSS MB', digits: 0 },
      { key: 'batch', title: 'KB/batch', digits: 0 },
    ],
    rows,
    notes: [
      `${events} events of format 4 with 24 properties, ${bytesPerEvent.toFixed(0)} bytes of JSON each, one a ` +
        `request, in zstd batches on ${partitions} partitions of one broker (RF 1), which shares the machine. ` +
        'CPU is user and system time of the whole process by the kernel, from when a fifth of the backlog ' +
        'is committed until all of it is.',
      'Penstock: exactly once, one thread, GeoIP with the embedded databases, repair, de-duplication, Avro, ' +
        'zstd. The peer: at least once, a mapping of six lines from JSON to JSON, no GeoIP, no Avro, zstd.',
      "KB/batch is the mean of the last run's batches to clean, before compression.",
      'Redpanda Connect of 2026 took 0.8 times as much as Benthos 4.27 on another day (63 and 77 us).',
    ],
  };
}

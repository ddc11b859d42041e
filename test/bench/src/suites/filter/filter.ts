import type { TestKafka } from '@penstock/test-broker';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MeasuredPart, Suite, SuiteContext } from '../../suite.ts';
import { startBenchKafka } from '../core/bench-kafka.ts';
import { fillBacklog, type Backlog } from './backlog.ts';
import { cleanBatches } from './clean-batches.ts';
import { connectContender } from './connect.ts';
import type { FilterContender } from './contender.ts';
import { drain } from './drain.ts';
import { tableOf, type Outcome } from './filter-table.ts';
import { connectName } from './find-connect.ts';
import { penstockContender } from './penstock.ts';

/** The Input Filter beside what one would have taken instead: the same backlog, the same broker. */
export const filter: Suite = {
  name: 'filter',
  about: 'packages/input-filter beside Redpanda Connect (or Benthos), on the same backlog and real broker',
  parts: ['backlog'],
  run,
};

async function* run(context: SuiteContext): AsyncGenerator<MeasuredPart> {
  const { quick, rows, say } = context;
  const folder = await mkdtemp(join(tmpdir(), 'penstock-bench-filter-'));
  try {
    const isWanted = (name: string): boolean => rows?.some((row) => name.startsWith(row)) ?? true;
    const wanted = [penstockContender()].filter(({ name }) => isWanted(name));
    // The peer may have to be built.
    if (isWanted(connectName())) wanted.push(await connectContender(folder, say));
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
): Promise<readonly Outcome<FilterContender>[]> {
  const outcomes = contenders.map((contender): Outcome<FilterContender> => ({
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

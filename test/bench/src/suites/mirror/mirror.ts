import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MeasuredPart, Suite, SuiteContext } from '../../suite.ts';
import { startBenchKafka } from '../core/bench-kafka.ts';
import { plainRelay } from '../core/relay.ts';
import { fillSource } from './fill-source.ts';
import type { FilledTopic } from './fill-source.ts';
import { measureMirror } from './measure-mirror.ts';
import type { MirrorSample } from './measure-mirror.ts';
import { mirrorMaker } from './mirrors/mirror-maker.ts';
import { penstockMirror } from './mirrors/penstock-mirror.ts';
import { measurePlainRelay } from './plain-relay.ts';
import { tableOf } from './mirror-table.ts';
import type { MirrorOutcome } from './mirror-table.ts';
import { quickly, workloads } from './workloads.ts';

/** The Mirror beside MirrorMaker 2, each a process of its own between the same two clusters. */
export const mirror: Suite = {
  name: 'mirror',
  about: 'packages/mirror beside MirrorMaker 2 in both of its modes, between the same two real brokers',
  parts: Object.keys(workloads),
  run,
};

interface Row {
  readonly name: string;
  readonly skipped?: string | undefined;
  measure(filled: FilledTopic): Promise<MirrorSample>;
}

async function* run({ only, rows, runs, quick, say }: SuiteContext): AsyncGenerator<MeasuredPart> {
  const folder = await mkdtemp(join(tmpdir(), 'penstock-bench-'));
  try {
    say('starting two brokers');
    await using source = await startBenchKafka(1);
    await using target = await startBenchKafka(1);
    const mirrors = [penstockMirror, mirrorMaker('default'), mirrorMaker('exactly-once')];
    const all: Row[] = [
      ...mirrors.map((contender): Row => ({
        name: contender.name,
        skipped: contender.skipped,
        measure: (filled) => measureMirror(contender, filled, { source, target, folder }, say),
      })),
      { name: plainRelay.name, measure: measurePlainRelay },
    ];
    const wanted = all.filter(({ name }) => rows?.some((row) => name.startsWith(row)) ?? true);
    for (const [part, whole] of Object.entries(workloads)) {
      if (!only.has(part)) continue;
      const workload = quick ? quickly(whole) : whole;
      say(`${part}: filling the topic to copy`);
      const filled = await fillSource(source, workload, (line) => say(`${part}: ${line}`));
      const turns = Math.min(runs, workload.runsMax ?? runs);
      const outcomes = await measureInTurns(wanted, filled, turns, say);
      await source.admin((admin) => admin.deleteTopics({ topics: [filled.topic] }));
      yield { part, table: tableOf(outcomes, filled), runs: turns };
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Turn by turn, so that what disturbs the machine disturbs all alike. Who fails is left out from then on. */
async function measureInTurns(
  rows: readonly Row[],
  filled: FilledTopic,
  runs: number,
  say: SuiteContext['say'],
): Promise<MirrorOutcome[]> {
  const outcomes = rows.map(({ name, skipped, measure }) => ({
    ...{ name, measure, samples: [] as MirrorSample[] },
    trouble: skipped,
  }));
  for (let turn = 1; turn <= runs; turn += 1) {
    for (const outcome of outcomes.filter(({ trouble }) => trouble === undefined)) {
      try {
        const sample = await outcome.measure(filled);
        outcome.samples.push(sample);
        say(`run ${turn} of ${runs}: ${outcome.name}: ${sample.cpuSecondsPerGigabyte.toFixed(2)} CPU s/GB`);
      } catch (error) {
        outcome.trouble = `failed: ${error instanceof Error ? error.message : String(error)}`;
        say(`run ${turn} of ${runs}: ${outcome.name} ${outcome.trouble}`);
      }
    }
  }
  return outcomes;
}

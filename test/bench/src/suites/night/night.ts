import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MeasuredPart, Suite, SuiteContext } from '../../suite.ts';
import { startBenchKafka } from '../core/bench-kafka.ts';
import { mirrorMaker } from '../mirror/mirrors/mirror-maker.ts';
import { penstockMirror } from '../mirror/mirrors/penstock-mirror.ts';
import { drawNights } from './draw-nights.ts';
import { liveThroughNight, type Night } from './live-through-night.ts';
import { nightTable, type NightOutcome } from './night-table.ts';

/** Not a race: what a reader of the master sees when brokers die under load. */
export const night: Suite = {
  name: 'night',
  about:
    'a broker of the datacenter, and then the one of the master, is killed and started again under load: ' +
    'what a reader of the master sees, by packages/mirror and by MirrorMaker 2 in both of its modes',
  parts: ['brokers-killed'],
  run,
};

async function* run({ rows, quick, say }: SuiteContext): AsyncGenerator<MeasuredPart> {
  const folder = await mkdtemp(join(tmpdir(), 'penstock-bench-'));
  const outcomes: NightOutcome[] = [];
  const plan = quick ? quickly : whole;
  const mirrors = [penstockMirror, mirrorMaker('default'), mirrorMaker('exactly-once')];
  try {
    for (const contender of mirrors) {
      const { name, skipped } = contender;
      if (rows?.some((row) => name.startsWith(row)) === false) continue;
      if (skipped !== undefined) {
        outcomes.push({ name, trouble: skipped });
        continue;
      }
      say(`${name}: starting three brokers of a datacenter and one of the master`);
      // New ones for each: the night before leaves logs to recover.
      await using source = await startBenchKafka(3);
      await using target = await startBenchKafka(1);
      try {
        const lived: Night = await liveThroughNight(contender, { source, target, folder }, plan, say);
        outcomes.push({ name, night: lived });
        const { acknowledged, lost, duplicates, longestSilence } = lived;
        const silence = `${longestSilence.toFixed(1)} s of silence`;
        say(`${name}: ${acknowledged} records, ${lost} lost, ${duplicates} doubled, ${silence}`);
      } catch (error) {
        const trouble = `failed: ${error instanceof Error ? error.message : String(error)}`;
        outcomes.push({ name, trouble });
        say(`${name} ${trouble}`);
      }
    }
    const nights = outcomes.flatMap(({ name, night: lived }) => (lived ? [{ name, ...lived }] : []));
    const drawing = { file: 'night.svg', svg: drawNights(nights) };
    yield { part: 'brokers-killed', table: nightTable(outcomes, plan), runs: 1, drawing };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const whole = { recordsPerSecond: 2_000, quietSeconds: 30, downSeconds: 10 };
const quickly = { recordsPerSecond: 500, quietSeconds: 8, downSeconds: 4 };

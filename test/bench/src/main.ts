import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { thisMachine } from './machine.ts';
import { readOptions } from './options.ts';
import type { BenchOptions } from './options.ts';
import { renderReport, withPart } from './report.ts';
import type { PartReport, Report } from './measured.ts';
import type { Suite } from './suite.ts';
import { suites } from './suites.ts';
import { renderText } from './table.ts';

const root = join(import.meta.dirname, '../../..');
const docs = join(root, 'docs');
const jsonFile = join(docs, 'benchmarks.json');
const markdownFile = join(docs, 'benchmarks.md');

process.exitCode = await main();

async function main(): Promise<number> {
  const read = readOptions(process.argv.slice(2), suites);
  if (read.kind === 'text') {
    (read.exitCode === 0 ? process.stdout : process.stderr).write(read.text);
    return read.exitCode;
  }
  try {
    if (read.kind === 'render') {
      await writeMarkdown(await readReport());
      return 0;
    }
    return await measureAll(read.options);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  }
}

/** A suite that fails takes nothing away from the others, and makes the exit code 1. */
async function measureAll({ suites: chosen, write, ...wanted }: BenchOptions): Promise<0 | 1> {
  const startedAt = performance.now();
  const [loadBefore = 0] = loadavg();
  const say = (line: string): void => {
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4);
    process.stderr.write(`${seconds} s  ${line}\n`);
  };
  const parts = chosen.reduce((sum, { only }) => sum + only.size, 0);
  let done = 0;
  const failed: string[] = [];
  for (const { suite, only } of chosen) {
    say(`${suite.name}: ${[...only].join(', ')}`);
    try {
      for await (const { part, table, drawing, runs = wanted.runs } of suite.run({ ...wanted, only, say })) {
        process.stdout.write(
          `\n${renderText(table)}\n${table.notes.map((note) => `  ${note}\n`).join('')}\n`,
        );
        if (write) await keep(suite, part, { runs, loadBefore, table });
        if (write && drawing) await writeFile(join(docs, drawing.file), drawing.svg);
        done += 1;
        say(`${done} of ${parts} parts done${timeLeft(performance.now() - startedAt, done, parts)}`);
      }
    } catch (error) {
      failed.push(suite.name);
      process.stderr.write(
        `${suite.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      );
    }
  }
  say(write ? 'written to docs/benchmarks.md' : 'done; nothing is written');
  if (failed.length > 0) say(`failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

/** Parts take the same time only roughly. */
function timeLeft(elapsedMs: number, done: number, parts: number): string {
  if (done >= parts) return '';
  return `, about ${Math.ceil(((elapsedMs / done) * (parts - done)) / 60_000)} minutes left`;
}

/** Each part as soon as it is measured: what fails later takes nothing away. */
async function keep(
  suite: Suite,
  part: string,
  measured: Pick<PartReport, 'runs' | 'loadBefore' | 'table'>,
): Promise<void> {
  const measuredAt = new Date().toISOString();
  const report = withPart(await readReport(), suite, part, {
    measuredAt,
    machine: thisMachine(),
    ...measured,
  });
  await writeFile(jsonFile, `${JSON.stringify(report, null, 2)}\n`);
  await writeMarkdown(report);
}

async function writeMarkdown(report: Report): Promise<void> {
  await writeFile(markdownFile, renderReport(report, suites));
  // As `npm run check` wants every file; without it they are as right.
  spawnSync(join(root, 'node_modules/.bin/oxfmt'), [jsonFile, markdownFile]);
}

async function readReport(): Promise<Report> {
  try {
    return JSON.parse(await readFile(jsonFile, 'utf8')) as Report;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { suites: {} };
    throw error;
  }
}

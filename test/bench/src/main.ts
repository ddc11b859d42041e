import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { thisMachine } from './machine.ts';
import { readOptions } from './options.ts';
import type { BenchOptions } from './options.ts';
import { renderReport, withPart } from './report.ts';
import type { Report } from './report.ts';
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
    await measure(read.options);
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  }
}

/** Each part is printed and written as soon as it is measured: what fails later takes nothing away. */
async function measure({ suite, write, ...wanted }: BenchOptions): Promise<void> {
  const startedMs = Date.now();
  const say = (line: string): void => {
    const seconds = ((Date.now() - startedMs) / 1_000).toFixed(0).padStart(4);
    process.stderr.write(`${seconds} s  ${line}\n`);
  };
  for await (const { part, table } of suite.run({ ...wanted, say })) {
    process.stdout.write(`\n${renderText(table)}\n${table.notes.map((note) => `  ${note}\n`).join('')}\n`);
    if (!write) continue;
    const measuredAt = new Date().toISOString();
    const measured = { measuredAt, runs: wanted.runs, machine: thisMachine(), table };
    const report = withPart(await readReport(), suite, part, measured);
    await writeFile(jsonFile, `${JSON.stringify(report, null, 2)}\n`);
    await writeFile(markdownFile, renderReport(report));
    // As `npm run check` wants every file; without it they are as right.
    spawnSync(join(root, 'node_modules/.bin/oxfmt'), [jsonFile, markdownFile]);
  }
  say(write ? 'written to docs/benchmarks.md' : 'done; nothing is written');
}

async function readReport(): Promise<Report> {
  try {
    return JSON.parse(await readFile(jsonFile, 'utf8')) as Report;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { suites: {} };
    throw error;
  }
}

import { parseArgs } from 'node:util';
import type { Suite } from './suite.ts';

export interface BenchOptions {
  /** One that was named, or all. */
  suites: readonly { suite: Suite; only: ReadonlySet<string> }[];
  runs: number;
  quick: boolean;
  rows: readonly string[] | undefined;
  /** Into docs/benchmarks.json and docs/benchmarks.md. */
  write: boolean;
}

const options = {
  runs: { type: 'string', default: '5' },
  quick: { type: 'boolean', default: false },
  only: { type: 'string' },
  rows: { type: 'string' },
  'no-write': { type: 'boolean', default: false },
  render: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

export type ReadOptions =
  | { kind: 'run'; options: BenchOptions }
  | { kind: 'render' }
  | { kind: 'text'; text: string; exitCode: 0 | 2 };

export function readOptions(args: readonly string[], suites: readonly Suite[]): ReadOptions {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      strict: true,
      allowPositionals: true,
    });
    if (values.render) return { kind: 'render' };
    if (values.help) return { kind: 'text', text: helpOf(suites), exitCode: 0 };
    const named =
      positionals[0] === undefined ? suites : suites.filter(({ name }) => name === positionals[0]);
    if (named.length === 0 || positionals.length > 1)
      throw new Error(`say one suite, or none for all: ${suites.map(({ name }) => name).join(', ')}`);
    if (positionals.length === 0 && (values.only ?? values.rows) !== undefined)
      throw new Error('--only and --rows are of one suite: name it');
    const runs = Number(values.runs);
    if (!/^\d{1,3}$/.test(values.runs) || runs < 1) throw new Error('--runs must be a number from 1 to 999');
    const chosen = named.map((suite) => ({ suite, only: partsOf(suite, values.only) }));
    const rows = values.rows?.split(',');
    const write = !values.quick && !values['no-write'] && rows === undefined;
    return { kind: 'run', options: { suites: chosen, runs, quick: values.quick, rows, write } };
  } catch (error) {
    return { kind: 'text', text: `${(error as Error).message}\n\n${helpOf(suites)}`, exitCode: 2 };
  }
}

function partsOf(suite: Suite, list: string | undefined): ReadonlySet<string> {
  const only = list?.split(',') ?? suite.parts;
  const unknown = only.find((part) => !suite.parts.includes(part));
  if (unknown !== undefined)
    throw new Error(`--only ${unknown}: ${suite.name} has ${suite.parts.join(', ')}`);
  return new Set(only);
}

function describe({ name, about, parts }: Suite): string {
  return `  ${name.padEnd(8)} ${about}\n           parts: ${parts.join(', ')}`;
}

function helpOf(suites: readonly Suite[]): string {
  return `npm run bench [-- [SUITE] [OPTION...]]

Without a suite it runs all of them, and says how much time is left.

Measures, prints a table for each part, and writes it to docs/benchmarks.json and docs/benchmarks.md. Parts
and suites that were not measured stay there as they were. Leave the machine alone meanwhile. A peer that is
missing is a skipped row.

${suites.map(describe).join('\n')}

  --runs N         of each row, turn by turn (default: 5)
  --only A,B       only these parts
  --rows A,B       only rows whose name begins so; nothing is written
  --quick          a tenth of the work: to see that it works, or for a first impression; nothing is written
  --no-write       only print
  --render         measure nothing: write docs/benchmarks.md from what is in docs/benchmarks.json
  --help

npm run bench -- core
npm run bench -- core --only produce --rows Penstock,librdkafka --runs 3
npm run bench -- core --quick

Exit codes: 0 measured, 1 a part failed, 2 wrong usage.
`;
}

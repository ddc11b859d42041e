import type { Table } from './table.ts';

/**
 * A set of measurements under one name: `npm run bench -- NAME`. Each has a folder of its own in src/suites
 * and a line in suites.ts; what it measured stands in docs/benchmarks.md beside what the others did.
 */
export interface Suite {
  readonly name: string;
  /** A line for the help and the report. */
  readonly about: string;
  /** What `--only` may name, in the order of the report. */
  readonly parts: readonly string[];
  /**
   * Yields each part's table as soon as it is measured. A peer that is missing is a skipped row, never an
   * error.
   */
  run(context: SuiteContext): AsyncIterable<MeasuredPart>;
}

export interface SuiteContext {
  readonly runs: number;
  /** Less work and fewer runs, to see that everything works: its figures are no evidence. */
  readonly quick: boolean;
  readonly only: ReadonlySet<string>;
  /** Rows to measure, by the beginnings of their names; undefined: all. */
  readonly rows: readonly string[] | undefined;
  /** A line of progress. */
  readonly say: (line: string) => void;
}

export interface MeasuredPart {
  readonly part: string;
  readonly table: Table;
  /** How often each row was measured; undefined: as often as was asked. */
  readonly runs?: number;
  /** Kept beside the table, in docs. */
  readonly drawing?: { readonly file: string; readonly svg: string };
}

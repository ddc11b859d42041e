import type { Machine } from './machine.ts';
import type { Table } from './table.ts';

/** All that was measured, by suite and part: docs/benchmarks.json. */
export interface Report {
  suites: Record<string, SuiteReport>;
}

export interface SuiteReport {
  about: string;
  parts: Record<string, PartReport>;
}

export interface PartReport {
  /** ISO 8601. */
  measuredAt: string;
  runs: number;
  machine: Machine;
  /** Load average of the minute before the first suite began: on an idle machine well below 1. */
  loadBefore?: number;
  table: Table;
}

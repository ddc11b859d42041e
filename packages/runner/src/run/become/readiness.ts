import type { ExitCode } from '../../refusal.ts';

/** Whether the service may start, found out as the user it will be. */
export type Readiness = Ready | NotReady;

interface Found {
  /** Descriptors that the service would have inherited. */
  closed: number[];
  problems: string[];
  warnings: string[];
}

export interface Ready extends Found {
  exitCode: 0;
  executable: string;
}

export interface NotReady extends Found {
  exitCode: ExitCode;
  /** Known when only something else is in the way. */
  executable: string | undefined;
}

export function isReady(ready: Readiness): ready is Ready {
  return ready.exitCode === 0;
}

export function notReady(problems: string[], exitCode: ExitCode): NotReady {
  return { closed: [], executable: undefined, problems, warnings: [], exitCode };
}

/** The same with these in front, each of which the Runner refuses: 125. */
export function withProblems(ready: Readiness, problems: readonly string[]): Readiness {
  if (problems.length === 0) return ready;
  return { ...ready, problems: [...problems, ...ready.problems], exitCode: 125 };
}

import type { ExitCode } from '../../refusal.ts';

/** Whether the service may start, found out as the user it will be. */
export interface Readiness {
  /** Descriptors that the service would have inherited. */
  closed: number[];
  executable: string | undefined;
  problems: string[];
  warnings: string[];
  exitCode: 0 | ExitCode;
}

export function isReady(ready: Readiness): ready is Readiness & { executable: string } {
  return ready.exitCode === 0 && ready.executable !== undefined;
}

export function notReady(problems: string[], exitCode: ExitCode): Readiness {
  return { closed: [], executable: undefined, problems, warnings: [], exitCode };
}

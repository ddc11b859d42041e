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

export function notReady(problems: string[], exitCode: ExitCode): Readiness {
  return { closed: [], executable: undefined, problems, warnings: [], exitCode };
}

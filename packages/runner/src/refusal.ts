import { getSystemErrorName } from 'node:util';

/**
 * 125: the Runner refuses or fails. 126: the command cannot be executed. 127: it is not there. Like
 * chroot(1).
 */
export type ExitCode = 125 | 126 | 127;

/** Nothing has been started. The message says what is wrong and, where there is one, the mend. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = 125, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** By name: the doctor is a file of its own, with a class of its own. */
export function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && error.name === 'Refusal' && 'exitCode' in error;
}

/** 'EACCES', 'ENOENT' ..., or the message of what is not a system error. */
export function reasonOf(error: unknown): string {
  const { code, errno } = error as NodeJS.ErrnoException;
  // Node 26 throws an execve(2) error whose code is empty when the number is one it has no name for, like
  // E2BIG.
  if (code === '' && errno !== undefined) return getSystemErrorName(-Math.abs(errno));
  return code ?? String(error);
}

/** The configuration cannot be used. Carries every problem at once; the process ends with exit code 2. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly code = 'CONFIG';
  readonly retryable = false;
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the configuration has ${problems.length} problem(s): ${problems.join('; ')}`);
    this.problems = problems;
  }
}

/** The command line means nothing: the message says why, and the usage follows it. Ends with exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
  readonly code = 'USAGE';
  readonly retryable = false;
}

/** A command was understood and cannot be done. Ends with exit code 1. */
export class RefusedError extends Error {
  override name = 'RefusedError';
  readonly code = 'REFUSED';
  readonly retryable = false;
}

/** A listener could not be opened: says the address and the knob that holds it. */
export class ListenError extends Error {
  override name = 'ListenError';
  readonly code: string;
  readonly retryable: boolean;

  constructor(knob: string, address: string, cause: NodeJS.ErrnoException) {
    super(`cannot listen on ${address} (${knob}): ${reasonOf(cause)}`, { cause });
    this.code = cause.code ?? 'LISTEN';
    this.retryable = cause.code === 'EADDRINUSE';
  }
}

function reasonOf(cause: NodeJS.ErrnoException): string {
  if (cause.code === 'EADDRINUSE') return 'the port is taken by another process';
  if (cause.code === 'EACCES') return 'the port needs a privilege this user does not have';
  if (cause.code === 'EADDRNOTAVAIL') return 'this machine does not have the address';
  return cause.message;
}

/** A worker thread of the service has failed; `cause` is what it threw. */
export class ThreadError extends Error {
  override name = 'ThreadError';
  readonly code = 'THREAD';
  readonly retryable = false;

  constructor(thread: number, cause: unknown) {
    super(`thread ${thread} has failed`, { cause });
  }
}

/**
 * Whether this project made it of something that the world did: it has a `code` and says whether it is
 * `retryable`, and its message is all that an operator needs. Anything else is a bug, and needs its stack.
 */
export function isExpected(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && 'retryable' in error && typeof error.retryable === 'boolean'
  );
}

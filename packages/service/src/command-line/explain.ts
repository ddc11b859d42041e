import { ConfigError, UsageError } from '../errors.ts';

export interface Explained {
  readonly exitCode: 1 | 2;
  readonly message: string;
}

/**
 * What an operator reads of an error: one message for what the world did, a stack for what nobody expected.
 * An error of the world is one that a package of this project made: it has a `code` and says whether it is
 * `retryable`.
 */
export function explain(error: unknown, usage: string): Explained {
  if (error instanceof UsageError) return { exitCode: 2, message: `${error.message}\n\n${usage.trimEnd()}` };
  if (error instanceof ConfigError) return { exitCode: 2, message: error.problems.join('\n') };
  if (!(error instanceof Error)) return { exitCode: 1, message: String(error) };
  const expected = 'code' in error && 'retryable' in error && typeof error.retryable === 'boolean';
  return { exitCode: 1, message: expected ? error.message : (error.stack ?? error.message) };
}

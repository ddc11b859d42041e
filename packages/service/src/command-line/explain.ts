import { ConfigError, isExpected, UsageError } from '../errors.ts';

export interface Explained {
  readonly exitCode: 1 | 2;
  readonly message: string;
}

/**
 * What an operator reads of an error: one message for what the world did, a stack for what nobody expected.
 */
export function explain(error: unknown, usage: string): Explained {
  if (error instanceof UsageError) return { exitCode: 2, message: `${error.message}\n\n${usage.trimEnd()}` };
  if (error instanceof ConfigError) return { exitCode: 2, message: error.problems.join('\n') };
  if (!(error instanceof Error)) return { exitCode: 1, message: String(error) };
  return { exitCode: 1, message: isExpected(error) ? error.message : (error.stack ?? error.message) };
}

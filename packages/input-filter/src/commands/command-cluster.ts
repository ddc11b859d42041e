import { openCluster, TransactionError, type Cluster } from '@penstock/kafka';
import { createLog, kafkaConnection, type Log } from '@penstock/service';
import type { FilterConfig } from '../config.ts';
import { FilterError } from '../errors.ts';

/** Of a command: warnings on standard error, since standard output is the answer. */
export function commandLog(): Log {
  return createLog({ service: 'input-filter', level: 'warn', destination: process.stderr });
}

export function openCommandCluster(
  { kafka }: Pick<FilterConfig, 'kafka'>,
  log: Log = commandLog(),
): Promise<Cluster> {
  return openCluster({ ...kafkaConnection(kafka), log });
}

/**
 * For the `catch` of a command that writes in transactions: says in the operator's words how one ended.
 * `fenced`: what another run of the same command means. `again`: what to do now.
 */
export function explainWrites(words: { fenced: string; what: string; again: string }) {
  return (error: unknown): never => {
    if (!(error instanceof TransactionError)) throw error;
    const why =
      error.outcome === 'fenced' ? words.fenced : `Kafka did not take the ${words.what}: ${error.message}`;
    throw new FilterError('COMMAND', `${why}. ${words.again}`, { cause: error });
  };
}

import type { Cluster } from '../cluster/cluster.ts';
import { TransactionSession } from './transaction-session.ts';
import type { TransactionSessionOptions } from './transaction-session.ts';

/**
 * Takes over a transactional id: InitProducerId(-1, -1) fences whoever had it, and aborts what that owner
 * left open. Resolves when the markers of that abort are on their way. Throws KafkaError, TransactionError
 * 'fatal', and the signal's reason.
 */
export async function openTransactionSession(
  cluster: Cluster,
  options: TransactionSessionOptions & { signal?: AbortSignal },
): Promise<TransactionSession> {
  const { signal } = options;
  signal?.throwIfAborted();
  const session = new TransactionSession(cluster, options);
  const giveUp = (): void => void session[Symbol.asyncDispose]();
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    await session.takeOver();
    return session;
  } catch (error) {
    await session[Symbol.asyncDispose]();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}

import { KafkaError, PositionError } from '@penstock/kafka';

/**
 * Whether a read from Kafka that failed like this may simply be tried again: Kafka is away, retention moved
 * under the read, or the member is being fenced. In the last case the thread's loop hears of it and drops the
 * partition.
 */
export function isPassing(error: unknown): boolean {
  if (error instanceof PositionError) return true;
  if (!(error instanceof KafkaError)) return error instanceof Error && error.name === 'TimeoutError';
  return error.retryable || memberCodes.has(error.code);
}

const memberCodes = new Set(['UNKNOWN_MEMBER_ID', 'STALE_MEMBER_EPOCH', 'FENCED_MEMBER_EPOCH']);

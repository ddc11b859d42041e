import { KafkaError, PositionError } from '@penstock/kafka';

/**
 * Whether a read from Kafka that failed so may be tried again as if nothing had happened: Kafka is away, the member is being
 * fenced (the thread's loop hears of it and drops the partition), or retention moved under the read.
 */
export function isPassing(error: unknown): boolean {
  if (error instanceof PositionError) return true;
  if (!(error instanceof KafkaError)) return error instanceof Error && error.name === 'TimeoutError';
  return error.retryable || memberCodes.has(error.code);
}

const memberCodes = new Set(['UNKNOWN_MEMBER_ID', 'STALE_MEMBER_EPOCH', 'FENCED_MEMBER_EPOCH']);

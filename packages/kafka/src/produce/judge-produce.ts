import { isRetryable } from '../cluster/errors.ts';
import type { ErrorCode } from '../cluster/errors.ts';

export type ProduceJudgement = 'written' | 'again' | 'again-under-new-epoch' | 'unknown' | 'refused';

/** Sequence errors: the broker's idea of what comes next is not ours. */
const sequenceCodes = new Set<ErrorCode>([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
]);

/**
 * What an answer means for an idempotent batch.
 * @param oldest nothing older of its partition is unsettled
 * @param maybeStored an earlier send of the same bytes got no definite answer
 */
export function judgeProduce(code: ErrorCode, oldest: boolean, maybeStored: boolean): ProduceJudgement {
  if (code === 'NONE' || code === 'DUPLICATE_SEQUENCE_NUMBER') return 'written';
  if (isRetryable(code)) return 'again';
  // This copy is refused for good; an earlier one, whose answer never came, may be stored all the same.
  if (!sequenceCodes.has(code)) return maybeStored ? 'unknown' : 'refused';
  // Behind a batch that failed, a refusal is only the consequence: in order, both will be taken.
  if (!oldest) return 'again';
  // The broker remembers five batches, and after a restart only the last: an old copy may be stored, or nothing of it.
  return maybeStored ? 'unknown' : 'again-under-new-epoch';
}

/**
 * Answers after which the bytes may be in some log all the same. Not only those that never came: a leader that is deposed while
 * it waits for its replicas answers with what it finds then (DelayedProduce.scala and ReplicaManager.getPartitionOrError, 4.2),
 * though the batch is appended, and in the new leader's log if that one had fetched it. Refused before anything is
 * appended: NOT_ENOUGH_REPLICAS, CORRUPT_MESSAGE, the sequence errors and all that is not retryable.
 */
export function mayBeStored(code: ErrorCode): boolean {
  return perhapsStoredCodes.has(code);
}

const perhapsStoredCodes = new Set<ErrorCode>([
  'CONNECTION',
  'TIMEOUT',
  'REQUEST_TIMED_OUT',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NOT_LEADER_OR_FOLLOWER',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'KAFKA_STORAGE_ERROR',
  'UNKNOWN_SERVER_ERROR',
]);

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
  if (!sequenceCodes.has(code)) return 'refused';
  // Behind a batch that failed, a refusal is only the consequence: in order, both will be taken.
  if (!oldest) return 'again';
  // The broker remembers five batches, and after a restart only the last: an old copy may be stored, or nothing of it.
  return maybeStored ? 'unknown' : 'again-under-new-epoch';
}

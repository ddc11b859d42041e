import { isRetryable } from '../cluster/errors.ts';
import type { ErrorCode } from '../cluster/errors.ts';

/** lost-epoch: the transaction timed out, or another owner came: InitProducerId with the own epoch tells which. */
export type TransactionJudgement =
  | 'done'
  | 'again'
  | 'abort'
  | 'poison'
  | 'lost-epoch'
  | 'stale-member'
  | 'fatal';

const poisonCodes = new Set<ErrorCode>([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
]);
const abortCodes = new Set<ErrorCode>([
  'INVALID_TXN_STATE',
  'TRANSACTION_ABORTABLE',
  'UNKNOWN_PRODUCER_ID',
  // The group no longer knows this member: what it read is somebody else's to process.
  'UNKNOWN_MEMBER_ID',
  'FENCED_MEMBER_EPOCH',
  'ILLEGAL_GENERATION',
]);
const lostEpochCodes = new Set<ErrorCode>([
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_ID_MAPPING',
  'TRANSACTION_COORDINATOR_FENCED',
]);

/**
 * What an answer to Produce, TxnOffsetCommit or EndTxn means inside a transaction.
 * @param oldest nothing older of its partition is unsettled (Produce only)
 */
export function judgeTransaction(code: ErrorCode, oldest = true): TransactionJudgement {
  if (code === 'NONE' || code === 'DUPLICATE_SEQUENCE_NUMBER') return 'done';
  if (isRetryable(code)) return 'again';
  if (code === 'OUT_OF_ORDER_SEQUENCE_NUMBER') return oldest ? 'abort' : 'again';
  if (code === 'STALE_MEMBER_EPOCH') return 'stale-member';
  if (poisonCodes.has(code)) return 'poison';
  if (abortCodes.has(code)) return 'abort';
  if (lostEpochCodes.has(code)) return 'lost-epoch';
  return 'fatal';
}

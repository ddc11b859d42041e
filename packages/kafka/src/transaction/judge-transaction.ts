import { judge } from '../cluster/errors.ts';
import type { ErrorCode } from '../cluster/errors.ts';

/** The requests of a transaction, as the table of errors calls them. */
export type TransactionRole = 'txn-produce' | 'txn-offsets' | 'end-txn' | 'init-txn';

/**
 * stale-member: a heartbeat brings the epoch that is missing. lost-epoch: the transaction timed out, or another owner came:
 * InitProducerId with the own epoch tells which.
 */
export type TransactionJudgement =
  | 'done'
  | 'again'
  | 'abort'
  | 'poison'
  | 'lost-epoch'
  | 'stale-member'
  | 'fatal';

/**
 * What an answer means inside a transaction, by the table of errors.
 * @param oldest nothing older of its partition is unsettled (Produce only)
 */
export function judgeTransaction(
  role: TransactionRole,
  code: ErrorCode,
  oldest = true,
): TransactionJudgement {
  switch (judge(role, code)) {
    case 'done':
      return 'done';
    case 'retry':
    case 'refresh':
      return 'again';
    case 'sequence':
      return oldest ? 'abort' : 'again';
    case 'abort':
      return 'abort';
    case 'refuse':
      return 'poison';
    case 'fence':
      return 'lost-epoch';
    case 'heartbeat':
      return 'stale-member';
    default:
      return 'fatal';
  }
}

import { decide } from '../errors/errors.ts';
import type { ErrorCode } from '../errors/errors.ts';

/** The requests of a transaction, named as in the table of errors. */
export type TransactionRole = 'txn-produce' | 'txn-offsets' | 'end-txn' | 'init-txn';

/**
 * stale-member: the next heartbeat brings the right epoch. lost-epoch: the transaction timed out, or there is
 * another owner; InitProducerId with our epoch tells which.
 */
export type TransactionDecision =
  | 'done'
  | 'again'
  | 'abort'
  | 'poison'
  | 'lost-epoch'
  | 'stale-member'
  | 'fatal';

/**
 * What an answer means inside a transaction, by the table of errors.
 * @param oldest no older batch of its partition is unsettled (Produce only)
 */
export function decideTransaction(
  role: TransactionRole,
  code: ErrorCode,
  oldest = true,
): TransactionDecision {
  switch (decide(role, code)) {
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

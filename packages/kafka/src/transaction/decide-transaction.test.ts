import { expect, test } from 'vitest';
import { decideTransaction } from './decide-transaction.ts';

test.each([
  ['txn-produce', 'NONE', 'done'],
  ['txn-produce', 'DUPLICATE_SEQUENCE_NUMBER', 'done'],
  ['txn-produce', 'NOT_ENOUGH_REPLICAS', 'again'],
  ['txn-produce', 'CONCURRENT_TRANSACTIONS', 'again'],
  ['end-txn', 'NOT_COORDINATOR', 'again'],
  ['txn-produce', 'TRANSACTION_ABORTABLE', 'abort'],
  ['end-txn', 'INVALID_TXN_STATE', 'abort'],
  ['txn-offsets', 'FENCED_MEMBER_EPOCH', 'abort'],
  ['txn-offsets', 'UNKNOWN_MEMBER_ID', 'abort'],
  ['txn-offsets', 'STALE_MEMBER_EPOCH', 'stale-member'],
  ['txn-offsets', 'ILLEGAL_GENERATION', 'stale-member'],
  ['txn-produce', 'MESSAGE_TOO_LARGE', 'poison'],
  ['txn-produce', 'PRODUCER_FENCED', 'lost-epoch'],
  ['end-txn', 'INVALID_PRODUCER_EPOCH', 'lost-epoch'],
  ['init-txn', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'fatal'],
  ['txn-produce', 'TOPIC_AUTHORIZATION_FAILED', 'fatal'],
  ['end-txn', 'MESSAGE_TOO_LARGE', 'fatal'],
  ['txn-produce', 'UNKNOWN_ERROR_999', 'fatal'],
] as const)('to %s, %s means %s', (role, code, decision) => {
  expect(decideTransaction(role, code)).toBe(decision);
});

test('out of order is a consequence after a failed batch, and an abort for the oldest', () => {
  expect(decideTransaction('txn-produce', 'OUT_OF_ORDER_SEQUENCE_NUMBER', false)).toBe('again');
  expect(decideTransaction('txn-produce', 'OUT_OF_ORDER_SEQUENCE_NUMBER', true)).toBe('abort');
});

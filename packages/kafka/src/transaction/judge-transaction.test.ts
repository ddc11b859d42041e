import { expect, test } from 'vitest';
import { judgeTransaction } from './judge-transaction.ts';

test.each([
  ['NONE', 'done'],
  ['DUPLICATE_SEQUENCE_NUMBER', 'done'],
  ['NOT_ENOUGH_REPLICAS', 'again'],
  ['CONCURRENT_TRANSACTIONS', 'again'],
  ['NOT_COORDINATOR', 'again'],
  ['TRANSACTION_ABORTABLE', 'abort'],
  ['INVALID_TXN_STATE', 'abort'],
  ['FENCED_MEMBER_EPOCH', 'abort'],
  ['UNKNOWN_MEMBER_ID', 'abort'],
  ['STALE_MEMBER_EPOCH', 'stale-member'],
  ['MESSAGE_TOO_LARGE', 'poison'],
  ['PRODUCER_FENCED', 'lost-epoch'],
  ['INVALID_PRODUCER_EPOCH', 'lost-epoch'],
  ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'fatal'],
  ['UNKNOWN_ERROR_999', 'fatal'],
])('%s means %s', (code, judgement) => {
  expect(judgeTransaction(code)).toBe(judgement);
});

test('out of order is a consequence behind a failed batch, and an abort for the oldest', () => {
  expect(judgeTransaction('OUT_OF_ORDER_SEQUENCE_NUMBER', false)).toBe('again');
  expect(judgeTransaction('OUT_OF_ORDER_SEQUENCE_NUMBER', true)).toBe('abort');
});

import { expect, test } from 'vitest';
import { judgeProduce } from './judge-produce.ts';

test.each([
  // code, oldest of its partition, an earlier send is unaccounted for
  ['NONE', true, false, 'written'],
  ['DUPLICATE_SEQUENCE_NUMBER', true, true, 'written'],
  ['NOT_LEADER_OR_FOLLOWER', true, false, 'again'],
  ['CONNECTION', true, true, 'again'],
  ['OUT_OF_ORDER_SEQUENCE_NUMBER', false, false, 'again'],
  ['OUT_OF_ORDER_SEQUENCE_NUMBER', true, true, 'unknown'],
  ['OUT_OF_ORDER_SEQUENCE_NUMBER', true, false, 'again-under-new-epoch'],
  ['MESSAGE_TOO_LARGE', true, false, 'refused'],
  ['UNKNOWN_ERROR_999', true, false, 'refused'],
])('%s (oldest: %s, perhaps stored: %s) means %s', (code, oldest, maybeStored, judgement) => {
  expect(judgeProduce(code, oldest, maybeStored)).toBe(judgement);
});

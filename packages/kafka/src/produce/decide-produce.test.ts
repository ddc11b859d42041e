import { expect, test } from 'vitest';
import { mayBeStored } from '../errors/errors.ts';
import type { ErrorCode } from '../errors/errors.ts';
import { decideProduce } from './decide-produce.ts';
import type { ProduceDecision } from './decide-produce.ts';

test.each<[ErrorCode, boolean, boolean, ProduceDecision]>([
  // code, oldest of its partition, an earlier send is unaccounted for
  ['NONE', true, false, 'written'],
  ['DUPLICATE_SEQUENCE_NUMBER', true, true, 'written'],
  ['NOT_LEADER_OR_FOLLOWER', true, false, 'again'],
  ['CONNECTION', true, true, 'again'],
  ['OUT_OF_ORDER_SEQUENCE_NUMBER', false, false, 'again'],
  ['OUT_OF_ORDER_SEQUENCE_NUMBER', true, true, 'unknown'],
  ['OUT_OF_ORDER_SEQUENCE_NUMBER', true, false, 'again-under-new-epoch'],
  ['MESSAGE_TOO_LARGE', true, false, 'refused'],
  ['MESSAGE_TOO_LARGE', true, true, 'unknown'],
  ['TOPIC_AUTHORIZATION_FAILED', true, false, 'refused'],
  ['UNKNOWN_ERROR_999', true, false, 'fatal'],
  ['UNKNOWN_ERROR_999', true, true, 'fatal'],
])('%s (oldest: %s, maybe stored: %s) means %s', (code, oldest, maybeStored, decision) => {
  expect(decideProduce(code, oldest, maybeStored)).toBe(decision);
});

test.each<[ErrorCode, boolean]>([
  ['CONNECTION', true],
  ['NOT_LEADER_OR_FOLLOWER', true], // it lost its office while it waited for its replicas
  ['NOT_ENOUGH_REPLICAS', false],
  ['OUT_OF_ORDER_SEQUENCE_NUMBER', false],
])('a batch answered with %s may be stored: %s', (code, maybe) => {
  expect(mayBeStored(code)).toBe(maybe);
});

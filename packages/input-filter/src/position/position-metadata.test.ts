import { expect, test } from 'vitest';
import { readPositionMetadata, writePositionMetadata } from './position-metadata.ts';

test.each([
  { topicId: 'abc', streamTimeMs: 1_700_000_000_000, chosenAtMs: null, seenAccepted: null },
  {
    topicId: null,
    streamTimeMs: 0,
    chosenAtMs: 1_800_000_000_000,
    seenAccepted: { topicId: 'def', below: 12n },
  },
])('what was written is read again: %o', (metadata) => {
  expect(readPositionMetadata(writePositionMetadata(metadata))).toEqual(metadata);
});

test.each([
  null,
  '',
  'consumer-7',
  '{',
  '[]',
  'null',
  '7',
  '{"seen":"12"}',
  '{"topic":1,"time":"x","chosen":1,"seen":"-1","seenTopic":"x"}',
])('what another tool wrote says nothing: %s', (text) => {
  expect(readPositionMetadata(text)).toEqual({
    ...{ topicId: null, streamTimeMs: 0, chosenAtMs: null, seenAccepted: null },
  });
});

import { expect, test } from 'vitest';
import { readPositionMetadata, writePositionMetadata } from './position-metadata.ts';

test.each([
  { topicId: 'abc', streamTimeMs: 1_700_000_000_000, chosen: false },
  { topicId: null, streamTimeMs: 0, chosen: true },
])('what was written is read again: %o', (metadata) => {
  expect(readPositionMetadata(writePositionMetadata(metadata))).toEqual(metadata);
});

test.each([null, '', 'consumer-7', '{', '[]', 'null', '7', '{"topic":1,"time":"x","chosen":1}'])(
  'what another tool wrote says nothing: %s',
  (text) => {
    expect(readPositionMetadata(text)).toEqual({ topicId: null, streamTimeMs: 0, chosen: false });
  },
);

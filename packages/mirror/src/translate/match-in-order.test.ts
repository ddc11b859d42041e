import { expect, test } from 'vitest';
import { matchInOrder, type DigestReader } from './match-in-order.ts';

function reader(first: bigint, crcs: readonly number[]): DigestReader {
  const digests = crcs.map((crc, index) => ({ offset: first + BigInt(index), crc }));
  return {
    peek: async () => digests[0],
    take: () => void digests.shift(),
  };
}

test.each([
  ['the same', [1, 2, 3], [1, 2, 3], { last: { few: 2n, many: 102n }, missing: undefined }],
  ['more between them', [1, 3], [1, 2, 3], { last: { few: 1n, many: 102n }, missing: undefined }],
  ['one that is not there', [1, 9], [1, 2, 3], { last: { few: 0n, many: 100n }, missing: 1n, left: 2 }],
  ['one after them', [1, 2, 3], [1, 2], { last: { few: 1n, many: 101n }, missing: 2n, left: 0 }],
  ['nothing to find', [], [1, 2], { last: undefined, missing: undefined }],
  ['nothing to find it in', [1], [], { last: undefined, missing: 0n, left: 0 }],
])('%s', async (_, few, many, matched) => {
  expect(await matchInOrder(reader(0n, few), reader(100n, many))).toMatchObject(matched);
});

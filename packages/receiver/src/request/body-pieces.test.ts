import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BodyPieces } from './body-pieces.ts';

const chunkBytes = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9_000 }));

test('whatever the chunks are, the body is their bytes, and what is held covers it', () => {
  fc.assert(
    fc.property(fc.array(chunkBytes, { maxLength: 300 }), (sizes) => {
      const chunks = sizes.map((size, n) => Buffer.alloc(size, n));
      const sent = Buffer.concat(chunks);
      const pieces = new BodyPieces();
      for (const chunk of chunks) {
        const before = pieces.heldBytes;
        const cost = pieces.costOf(chunk);
        pieces.add(chunk);
        expect(pieces.heldBytes - before).toBe(cost);
        expect(pieces.heldBytes).toBeGreaterThanOrEqual(pieces.bytes);
      }
      expect(pieces.join().equals(sent)).toBe(true);
      expect(pieces.heldBytes).toBe(0);
    }),
    { seed: 11, numRuns: 200 },
  );
});

test.each([1, 3, 16, 700, 2_047])('a body in chunks of %i bytes holds little more than it weighs', (size) => {
  const pieces = new BodyPieces();
  for (let bytes = 0; bytes < 500_000; bytes += size) pieces.add(Buffer.alloc(size));
  expect(pieces.heldBytes).toBeLessThan(pieces.bytes * 1.5 + 10_000);
});

test('chunks that alternate between tiny and just kept are paid for', () => {
  const pieces = new BodyPieces();
  for (let n = 0; n < 100; n += 1) {
    pieces.add(Buffer.alloc(1));
    pieces.add(Buffer.alloc(2_048));
  }
  // The tiny ones share their blocks with what fits beside them.
  expect(pieces.heldBytes).toBeGreaterThan(pieces.bytes);
  expect(pieces.heldBytes).toBeLessThan(pieces.bytes * 6);
});

test('a body that arrives as one chunk is not copied', () => {
  const chunk = Buffer.from('{"a":1}');
  const pieces = new BodyPieces();
  pieces.add(chunk);
  expect(pieces.join()).toBe(chunk);
});

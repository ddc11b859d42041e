import fc from 'fast-check';
import { expect, test } from 'vitest';
import { errorOf, hostileLengths, tries, triesTimeoutMs, within } from '../../test/damage.fixture.ts';
import { FrameAssembler } from './frame-assembler.ts';

// Some are larger than the landing place of the assembler, which small ones share.
const frame = fc.oneof(
  { weight: 5, arbitrary: fc.uint8Array({ minLength: 4, maxLength: 2_000 }) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 30_000, max: 70_000 }).map((length) => new Uint8Array(length).fill(length)),
  },
);
const frames = fc.array(frame, { minLength: 1, maxLength: 8 });
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });

test(
  'any cuts of a stream give the same frames',
  () => {
    fc.assert(
      fc.property(frames, cuts, (sent, places) => {
        const stream = streamOf(sent);
        expect(framesOf(stream, places)).toEqual(sent.map((frame) => Buffer.from(frame).toString('hex')));
      }),
      tries,
    );
  },
  triesTimeoutMs,
);

test(
  'a stream that ends inside a frame gives the whole ones only',
  () => {
    fc.assert(
      fc.property(frames, cuts, fc.double({ min: 0, max: 1, noNaN: true }), (sent, places, end) => {
        const stream = streamOf(sent);
        const seen = framesOf(stream.subarray(0, Math.floor(end * stream.length)), places);
        expect(seen).toEqual(sent.slice(0, seen.length).map((frame) => Buffer.from(frame).toString('hex')));
      }),
      tries,
    );
  },
  triesTimeoutMs,
);

test.each<[string, string]>([
  ['what a TLS listener answers', '15030300020250'],
  ['what an HTTP server answers', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n').toString('hex')],
  ...hostileLengths.map((length): [string, string] => [
    'a hostile length',
    `${length.toString('hex')}00000000`,
  ]),
])('%s (%s) takes no memory that no bytes have come for', (_, hex) => {
  const assembler = new FrameAssembler({ memoryFor: () => undefined, onFrame: () => undefined });
  const outcome = within(2 << 20, () => feed(assembler, Buffer.from(hex, 'hex')));
  expect(errorOf(outcome) ?? new RangeError()).toBeInstanceOf(RangeError);
});

function streamOf(sent: Uint8Array[]): Buffer {
  return Buffer.concat(
    sent.flatMap((frame) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(frame.length);
      return [length, frame];
    }),
  );
}

function framesOf(stream: Buffer, places: number[]): string[] {
  const seen: string[] = [];
  const assembler = new FrameAssembler({
    memoryFor: (bytes) => (bytes % 2 === 0 ? Buffer.alloc(bytes + 7) : undefined),
    onFrame: (whole) => seen.push(whole.toString('hex')),
  });
  const ends = [...places.map((place) => Math.floor(place * stream.length)), stream.length];
  let at = 0;
  for (const end of ends.toSorted((a, b) => a - b)) {
    feed(assembler, stream.subarray(at, end));
    at = end;
  }
  return seen;
}

/** As a socket does it: no more at a time than there is room for. */
function feed(assembler: FrameAssembler, chunk: Buffer): void {
  for (let at = 0; at < chunk.length;) {
    const copied = chunk.copy(assembler.room, 0, at);
    at += copied;
    assembler.arrived(copied);
  }
}

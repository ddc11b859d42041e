import type { Span } from '../model/request.ts';

/**
 * The original bytes of one item, as a request of its own that gives the same event again: a line, a
 * record, or the array or envelope without its other elements. A view of `body` where that is possible.
 * `body` is the inflated body that was split.
 * @param envelope 'without': the element alone, which may then lack what it inherits.
 */
export function bytesOfItem(body: Uint8Array, span: Span, envelope: 'with' | 'without' = 'with'): Uint8Array {
  if (span.kind === 'whole') return body;
  const item = body.subarray(span.start, span.end);
  if (span.kind === 'range' || envelope === 'without') return item;
  return Buffer.concat([body.subarray(0, span.open + 1), item, body.subarray(span.close)]);
}

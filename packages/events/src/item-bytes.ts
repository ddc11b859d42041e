import type { Place } from './request.ts';

/**
 * The original bytes of one item, as a request of their own that gives the same event again: a line, a record, or
 * the array or envelope as it came with the other elements cut out. A view of `body` where that is possible.
 */
export function bytesOfItem(body: Uint8Array, place: Place): Uint8Array {
  throw new Error(`not written yet ${body.length} ${place.kind}`);
}

import type { Place } from './request.ts';
import { elementRanges } from './split/element-ranges.ts';

/**
 * The original bytes of one item, as a request of their own that gives the same event again: a line, a record, or
 * the array or envelope as it came with the other elements cut out. A view of `body` where that is possible.
 * `body` is the inflated body that was split.
 */
export function bytesOfItem(body: Uint8Array, place: Place): Uint8Array {
  if (place.kind === 'whole') return body;
  if (place.kind === 'range') return body.subarray(place.start, place.end);
  const ranges = elementRanges(body, place.array);
  const element = ranges?.elements[place.element];
  if (ranges === null || element === undefined) return body;
  return Buffer.concat([
    body.subarray(0, ranges.open + 1),
    body.subarray(element.start, element.end),
    body.subarray(ranges.close),
  ]);
}

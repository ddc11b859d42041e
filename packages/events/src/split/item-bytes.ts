import type { Span } from '../model/request.ts';
import { elementRanges, type ElementRanges } from './element-ranges.ts';

/**
 * The original bytes of one item, as a request of their own that gives the same event again: a line, a
 * record, or the array or envelope as it came with the other elements cut out. A view of `body` where that
 * is possible. `body` is the inflated body that was split.
 * @param envelope 'without': the element of an array alone, which may then lack what it inherits.
 */
export function bytesOfItem(body: Uint8Array, span: Span, envelope: 'with' | 'without' = 'with'): Uint8Array {
  if (span.kind === 'whole') return body;
  if (span.kind === 'range') return body.subarray(span.start, span.end);
  const ranges = rangesOnce(body, span.array);
  const element = ranges?.elements[span.element];
  if (ranges === null || element === undefined) return body;
  if (envelope === 'without') return body.subarray(element.start, element.end);
  return Buffer.concat([
    body.subarray(0, ranges.open + 1),
    body.subarray(element.start, element.end),
    body.subarray(ranges.close),
  ]);
}

/**
 * A body of 10 000 rejected events is searched once, not 10 000 times: that would hold a thread for
 * seconds.
 */
const searched = new WeakMap<Uint8Array, Map<string | null, ElementRanges | null>>();

function rangesOnce(body: Uint8Array, array: string | null): ElementRanges | null {
  let known = searched.get(body);
  if (known === undefined) searched.set(body, (known = new Map<string | null, ElementRanges | null>()));
  let ranges = known.get(array);
  if (ranges === undefined) known.set(array, (ranges = elementRanges(body, array)));
  return ranges;
}

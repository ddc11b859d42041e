import type { Format } from '../catalogue/format.ts';
import type { JsonObject } from '../model/json.ts';
import { refuse, type Refusal } from '../model/reasons.ts';
import { holdsEnvelope } from './split-elements.ts';

/**
 * The one format that an object has the shape of, as an event or as an envelope; with two of them nobody
 * can know.
 */
export function sniffFormat(object: JsonObject, formats: readonly Format[]): Format | Refusal {
  let found: Format | null = null;
  for (const format of formats) {
    if (!format.looksLike(object) && !holdsEnvelope(object, format.envelope)) continue;
    if (found !== null)
      return refuse('ambiguous-format', `it may be format ${found.number} or ${format.number}`);
    found = format;
  }
  return found ?? refuse('unknown-format', 'it has the mark of no format');
}

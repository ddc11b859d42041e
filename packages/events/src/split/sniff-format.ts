import type { Format } from '../catalogue/format.ts';
import type { JsonObject } from '../model/json.ts';
import { refuse, type Refusal } from '../model/reasons.ts';

/** The only format whose event or envelope the object can be. */
export function sniffFormat(object: JsonObject, formats: readonly Format[]): Format | Refusal {
  let found: Format | null = null;
  for (const format of formats) {
    if (format.looksLike === undefined) continue;
    const holdsEvents = format.envelope !== null && Array.isArray(object[format.envelope.array]);
    if (!format.looksLike(object) && !holdsEvents) continue;
    if (found !== null) {
      return refuse('ambiguous-format', `it may be of format ${found.number} or ${format.number}`);
    }
    found = format;
  }
  return found ?? refuse('unknown-format', 'it has the mark of no format');
}

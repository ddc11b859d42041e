import type { JsonObject } from '../../model/json.ts';
import type { Limits } from '../../catalogue/limits.ts';
import { refuse, type Refusal } from '../../model/reasons.ts';

/**
 * A query string or form as an object of strings: `e=page_view&p_path=%2F`. Strict where URLSearchParams is
 * not: broken percent-encoding, bytes that are not UTF-8 and a key that comes twice are refused.
 */
export function parseQuery(query: string, limits: Limits): { kind: 'parsed'; event: JsonObject } | Refusal {
  const event: JsonObject = {};
  let keys = 0;
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    if (++keys > limits.keysMax) return refuse('too-many-keys', `more than ${limits.keysMax} keys`);
    const equals = pair.indexOf('=');
    const key = decode(equals === -1 ? pair : pair.slice(0, equals));
    const value = decode(equals === -1 ? '' : pair.slice(equals + 1));
    if (key === null || value === null)
      return refuse('invalid-query', `pair ${keys} has broken percent-encoding`);
    if (key === '__proto__') return refuse('invalid-field', 'a key is named __proto__');
    if (Object.hasOwn(event, key)) return refuse('duplicate-key', `pair ${keys} repeats a key`);
    if (value.length > limits.stringLengthMax) return refuse('string-too-long', `pair ${keys} is too long`);
    event[key] = value;
  }
  return keys === 0 ? refuse('empty-request', 'the query is empty') : { kind: 'parsed', event };
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

import type { Limits } from '../../catalogue/limits.ts';
import type { JsonObject } from '../../model/json.ts';
import { refuse, type Refusal } from '../../model/reasons.ts';

/**
 * A query string or form as an object of strings: `e=page_view&p_path=%2F`. Stricter than URLSearchParams:
 * it refuses broken percent-encoding, percent-encoded bytes that are not UTF-8, and a repeated key. The
 * caller bounds the length.
 */
export function parseQuery(query: string, limits: Limits): { kind: 'parsed'; event: JsonObject } | Refusal {
  const event: JsonObject = {};
  let keys = 0;
  for (let start = 0; start < query.length;) {
    const ampersand = query.indexOf('&', start);
    const end = ampersand === -1 ? query.length : ampersand;
    if (end > start) {
      if (++keys > limits.keysMax) return refuse('too-many-keys', `more than ${limits.keysMax} keys`);
      const refusal = addPair(event, query.slice(start, end), keys, limits);
      if (refusal !== null) return refusal;
    }
    start = end + 1;
  }
  return keys === 0 ? refuse('empty-request', 'the query is empty') : { kind: 'parsed', event };
}

function addPair(event: JsonObject, pair: string, position: number, limits: Limits): Refusal | null {
  const equals = pair.indexOf('=');
  const key = decode(equals === -1 ? pair : pair.slice(0, equals));
  const value = decode(equals === -1 ? '' : pair.slice(equals + 1));
  if (key === null || value === null) {
    return refuse('invalid-query', `pair ${position} has broken percent-encoding`);
  }
  if (key === '__proto__') return refuse('invalid-field', 'a key is named __proto__');
  if (Object.hasOwn(event, key)) return refuse('duplicate-key', `pair ${position} repeats a key`);
  if (value.length > limits.stringLengthMax || key.length > limits.stringLengthMax) {
    return refuse('string-too-long', `pair ${position} is longer than ${limits.stringLengthMax}`);
  }
  event[key] = value;
  return null;
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

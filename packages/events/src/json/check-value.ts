import type { Limits } from '../catalogue/limits.ts';
import type { JsonValue } from '../model/json.ts';
import { refuse, type Refusal } from '../model/reasons.ts';

/**
 * What only the parsed value shows: strings that are too long, keys that no object can safely have, and
 * keys that were written twice. JSON.parse keeps the last of two equal keys and tells nobody, so a text
 * with more keys than its value holds such a pair.
 * @param members how many keys the text has.
 */
export function checkValue(value: JsonValue, members: number, limits: Limits): Refusal | null {
  const walk = walkOver(value, limits);
  if (walk.refusal !== null) return walk.refusal;
  return walk.members === members ? null : refuse('duplicate-key', 'an object has the same key twice');
}

/** The same for a value that does not come from JSON. */
export function checkStrings(value: JsonValue, limits: Limits): Refusal | null {
  return walkOver(value, limits).refusal;
}

function walkOver(value: JsonValue, { stringLengthMax }: Limits): Walk {
  const walk: Walk = { members: 0, refusal: null, stringLengthMax };
  visit(value, walk);
  return walk;
}

interface Walk {
  members: number;
  refusal: Refusal | null;
  readonly stringLengthMax: number;
}

function visit(value: JsonValue | undefined, walk: Walk): void {
  if (typeof value === 'string') {
    if (value.length > walk.stringLengthMax) walk.refusal = tooLong('a string', value.length, walk);
  } else if (Array.isArray(value)) {
    for (const element of value) {
      visit(element, walk);
      if (walk.refusal !== null) return;
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const key in value) {
      walk.members++;
      // Assigning to this key would change the object's prototype instead.
      if (key === '__proto__') walk.refusal = refuse('invalid-field', 'a key is named __proto__');
      else if (key.length > walk.stringLengthMax) walk.refusal = tooLong('a key', key.length, walk);
      else visit(value[key], walk);
      if (walk.refusal !== null) return;
    }
  }
}

function tooLong(what: string, length: number, { stringLengthMax }: Walk): Refusal {
  return refuse('string-too-long', `${what} of ${length}, allowed are ${stringLengthMax}`);
}

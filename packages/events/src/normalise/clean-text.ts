import type { JsonObject, JsonValue } from '../model/json.ts';

/** `normalise-text` in an event's fixes. */
export const cleanTextId = 'normalise-text';

/**
 * The same object without NUL in any string or key, and with U+FFFD for each half of a surrogate pair.
 * Stores such as PostgreSQL refuse NUL, and UTF-8 cannot write half a pair. Returns the object itself when
 * nothing changes.
 */
export function cleanText(object: JsonObject): JsonObject {
  for (const key in object) if (cleanString(key) !== key) return withCleanKeys(object);
  const cleaned: JsonObject = {};
  let changed = false;
  for (const key in object) {
    cleaned[key] = clean(object[key]);
    changed ||= !Object.is(cleaned[key], object[key]);
  }
  return changed ? cleaned : object;
}

/**
 * Keys that become equal stay apart: one that needs no cleaning keeps its name, the others get U+FFFD and a
 * number. So does a key that would become `__proto__`.
 */
function withCleanKeys(object: JsonObject): JsonObject {
  const cleaned: JsonObject = {};
  const numbers = new Map<string, number>([['__proto__', 1]]);
  for (const key in object) if (cleanString(key) === key) cleaned[key] = undefined;
  for (const key in object) {
    let name = cleanString(key);
    if (name !== key) {
      const wanted = name;
      let number = numbers.get(wanted) ?? 0;
      if (number > 0) name = `${wanted}\uFFFD${number}`;
      while (Object.hasOwn(cleaned, name)) name = `${wanted}\uFFFD${++number}`;
      numbers.set(wanted, number + 1);
    }
    cleaned[name] = clean(object[key]);
  }
  return cleaned;
}

function clean(value: JsonValue | undefined): JsonValue | undefined {
  if (typeof value === 'string') return cleanString(value);
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? cleanArray(value) : cleanText(value);
}

function cleanString(text: string): string {
  const withoutNul = text.includes('\0') ? text.replaceAll('\0', '') : text;
  return withoutNul.isWellFormed() ? withoutNul : withoutNul.toWellFormed();
}

function cleanArray(values: JsonValue[]): JsonValue[] {
  const cleaned = values.map((value) => clean(value) as JsonValue);
  return cleaned.every((value, index) => Object.is(value, values[index])) ? values : cleaned;
}

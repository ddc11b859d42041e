import type { JsonObject, JsonValue } from '../model/json.ts';

/** `normalise-text` in an event's fixes. */
export const cleanTextId = 'normalise-text';

/**
 * The same value without NUL in any string or key, and with U+FFFD for each half surrogate pair: stores
 * downstream refuse the first (PostgreSQL) and UTF-8 cannot write the second. The value itself comes back
 * when there is none.
 */
export function cleanText(object: JsonObject): JsonObject {
  const cleaned: JsonObject = {};
  let changed = false;
  for (const key in object) {
    const cleanKey = cleanString(key);
    const value = clean(object[key]);
    if (cleanKey !== key || value !== object[key]) changed = true;
    // Two keys that differ in a NUL only: the second stays beside the first, under a name of its own.
    if (cleanKey !== '__proto__')
      cleaned[Object.hasOwn(cleaned, cleanKey) ? `${cleanKey}\uFFFD` : cleanKey] = value;
  }
  return changed ? cleaned : object;
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
  return cleaned.every((value, index) => value === values[index]) ? values : cleaned;
}

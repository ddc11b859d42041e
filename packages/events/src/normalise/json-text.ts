import { isJsonObject, type JsonValue } from '../model/json.ts';

/** The JSON text of a value, like JSON.stringify, which alone writes -0 as 0. */
export function jsonText(value: JsonValue): string {
  return hasNegativeZero(value) ? exactText(value) : JSON.stringify(value);
}

function hasNegativeZero(value: JsonValue | undefined): boolean {
  if (typeof value === 'number') return Object.is(value, -0);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(hasNegativeZero);
}

function exactText(value: JsonValue): string {
  if (Object.is(value, -0)) return '-0';
  if (Array.isArray(value)) return `[${value.map(exactText).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).flatMap(([key, member]) =>
    member === undefined ? [] : [`${JSON.stringify(key)}:${exactText(member)}`],
  );
  return `{${members.join(',')}}`;
}

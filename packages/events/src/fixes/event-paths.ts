import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.ts';

/** A path into an event: its keys, outermost first. */
export type Path = readonly string[];

/** The value at the path, or undefined. Any value may stand in the way. */
export function valueAt(event: JsonObject, path: Path): JsonValue | undefined {
  let value: JsonValue | undefined = event;
  for (const key of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/**
 * A copy with another value at the path, or without the key when the value is undefined. Nothing changes
 * when a value on the way is not an object.
 */
export function withValueAt(event: JsonObject, path: Path, value: JsonValue | undefined): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined) return event;
  if (rest.length === 0) {
    if (value !== undefined) return { ...event, [key]: value };
    const { [key]: _gone, ...others } = event;
    return others;
  }
  const inner = event[key];
  return isJsonObject(inner) ? { ...event, [key]: withValueAt(inner, rest, value) } : event;
}

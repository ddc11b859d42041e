import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.ts';
import type { FormatNumber } from '../model/request.ts';

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
 * A copy with another value at the path, or without the key when the value is undefined. Missing objects on
 * the way are made. Nothing changes when a value on the way is not an object.
 */
export function withValueAt(event: JsonObject, path: Path, value: JsonValue | undefined): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined) return event;
  if (rest.length === 0) {
    if (value !== undefined) return { ...event, [key]: value };
    const { [key]: _gone, ...others } = event;
    return others;
  }
  const inner = event[key] ?? (value === undefined ? undefined : {});
  return isJsonObject(inner) ? { ...event, [key]: withValueAt(inner, rest, value) } : event;
}

/**
 * A copy whose properties have gone through `change`, which returns undefined to remove one. The event
 * itself comes back when nothing changes, so that `detect` can ask whether anything would.
 */
export function withProperties(
  event: JsonObject,
  format: FormatNumber,
  change: (name: string, value: JsonValue) => JsonValue | undefined,
): JsonObject {
  const properties = format === 1 ? event : event.properties;
  if (!isJsonObject(properties)) return event;
  const after: JsonObject = {};
  let changed = false;
  for (const [key, value] of Object.entries(properties)) {
    const isProperty = format !== 1 || key.startsWith('p_');
    const kept =
      value === undefined || !isProperty ? value : change(format === 1 ? key.slice(2) : key, value);
    if (!Object.is(kept, value)) changed = true;
    if (kept !== undefined) after[key] = kept;
  }
  if (!changed) return event;
  return format === 1 ? after : { ...event, properties: after };
}

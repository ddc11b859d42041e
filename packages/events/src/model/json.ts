export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/** What JSON.parse makes of `{...}`. Any key may be missing. */
export interface JsonObject {
  [key: string]: JsonValue | undefined;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

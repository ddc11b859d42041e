import { clientRule } from '../formats/client-fields.ts';
import { checkFields } from '../formats/field-table.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.ts';
import { parseTime } from '../normalise/parse-time.ts';
import { writeOptional } from './request-bytes.ts';

/** What the events of an envelope inherit, ready to be written. */
export interface Inherited {
  readonly name: string | null;
  readonly version: string | null;
  /** The record `client`. Null when the envelope names none. */
  readonly client: Buffer | null;
  readonly sentMs: number | null;
}

export const nothingInherited: Inherited = { name: null, version: null, client: null, sentMs: null };

/** Null when the strict reader would refuse it: then each event is judged by the general path. */
export function inheritedFrom(
  { client, sent_at: sent }: JsonObject,
  numericTimes: boolean,
): Inherited | null {
  if (!isTime(sent, numericTimes)) return null;
  const sentMs = parseTime(sent);
  if (client === undefined || client === null) return { ...nothingInherited, sentMs };
  if (!isJsonObject(client) || clientRule.inner === undefined) return null;
  if (checkFields(client, clientRule.inner) !== null) return null;
  const texts = names.map((name) => client[name] as string | null | undefined);
  const to = Buffer.allocUnsafe(names.length * (3 * 256 + 4));
  let end = 0;
  for (const text of texts) end = writeOptional(to, end, trimmed(text));
  return { name: texts[0] ?? null, version: texts[1] ?? null, client: to.subarray(0, end), sentMs };
}

/** In the order of the schema. */
const names = ['name', 'version', 'platform', 'os', 'os_version', 'locale'] as const;

function isTime(value: JsonValue | undefined, numeric: boolean): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === 'string' ? value.length <= 256 : numeric && typeof value === 'number';
}

function trimmed(text: string | null | undefined): string | null {
  const kept = text?.trim() ?? '';
  return kept === '' ? null : kept;
}

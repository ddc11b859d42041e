import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.ts';
import { refuse, type Refusal } from '../model/reasons.ts';

/** What a field may hold. `check` never sees null, which counts as missing. */
export interface FieldRule {
  readonly check: (value: JsonValue) => boolean;
  /** For the detail of a refusal: "field screen is not {width, height}". */
  readonly is: string;
  readonly required?: boolean;
  /** The fields of the field, when it is an object. */
  readonly inner?: FieldTable;
}

export interface FieldTable {
  readonly rules: ReadonlyMap<string, FieldRule>;
  readonly required: readonly string[];
  /** Names with this prefix belong to the client. */
  readonly open: { readonly prefix: string; readonly rule: FieldRule } | null;
  /** An empty text is as good as null, whatever the field. */
  readonly emptyIsNone: boolean;
}

export function fieldTable(
  rules: Readonly<Record<string, FieldRule>>,
  open: FieldTable['open'] = null,
  empty: 'empty is none' | 'empty is text' = 'empty is text',
): FieldTable {
  const entries = Object.entries(rules);
  return {
    rules: new Map(entries),
    required: entries.filter(([, rule]) => rule.required === true).map(([name]) => name),
    open,
    emptyIsNone: empty === 'empty is none',
  };
}

/**
 * Null when every field is in the table and valid, and no required one is missing. `path` is where the
 * object stands, for the detail of a refusal: '' or 'context.device.'.
 */
export function checkFields(object: JsonObject, table: FieldTable, path = ''): Refusal | null {
  for (const name in object) {
    const value = object[name];
    if (value === null || value === undefined) continue;
    const rule = table.rules.get(name) ?? openRule(name, table);
    if (value === '' && table.emptyIsNone && rule !== undefined) continue;
    if (rule === undefined)
      return refuse('unknown-field', `field ${path}${quoteName(name)} is not part of the format`);
    if (!rule.check(value)) return refuse('invalid-field', `field ${path}${name} is not ${rule.is}`);
    if (rule.inner !== undefined) {
      const refusal = checkFields(value as JsonObject, rule.inner, `${path}${name}.`);
      if (refusal !== null) return refusal;
    }
  }
  for (const name of table.required) {
    const value = object[name];
    if (value === undefined || value === null || (value === '' && table.emptyIsNone)) {
      return refuse('missing-field', `field ${path}${name} is missing`);
    }
  }
  return null;
}

function openRule(name: string, { open }: FieldTable): FieldRule | undefined {
  return open !== null && name.startsWith(open.prefix) ? open.rule : undefined;
}

/** An object with any keys and values. */
export const anyObject: FieldRule = { check: isJsonObject, is: 'an object' };

/** A field that is an object with these fields. */
export function objectOf(
  rules: Readonly<Record<string, FieldRule>>,
  empty?: 'empty is none' | 'empty is text',
): FieldRule {
  return { ...anyObject, inner: fieldTable(rules, null, empty) };
}

export const shortText: FieldRule = {
  check: (value) => typeof value === 'string' && value.length <= 256,
  is: 'a string of at most 256',
};

export const anyText: FieldRule = { check: (value) => typeof value === 'string', is: 'a string' };

export const finiteNumber: FieldRule = {
  check: (value) => typeof value === 'number' && Number.isFinite(value),
  is: 'a number',
};

/** A UUID as text in either case: 8-4-4-4-12. */
export const uuidText: FieldRule = {
  check: (value) => typeof value === 'string' && value.length === 36 && isUuid(value),
  is: 'a UUID',
};

export function required(rule: FieldRule): FieldRule {
  return { ...rule, required: true };
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);
}

/** Field names come from the client, so they are shortened, and quoted to make odd characters visible. */
function quoteName(name: string): string {
  return JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}...` : name);
}

import type { JsonObject } from '../model/json.ts';
import type { Refusal } from '../model/reasons.ts';
import { checkFields, fieldTable, type FieldRule } from './field-table.ts';

export interface StrictReaderOptions {
  /** Fields whose name begins so belong to the client, and each of them passes this rule. */
  readonly open?: { readonly prefix: string; readonly rule: FieldRule };
  /** An empty text is as good as none. */
  readonly emptyIsNone?: boolean;
}

/**
 * The `check` of a format that has these fields and no others. Null counts as missing. The answer says
 * which field is wrong and what it should be.
 */
export function strictReader(
  rules: Readonly<Record<string, FieldRule>>,
  options: StrictReaderOptions = {},
): (event: JsonObject) => Refusal | null {
  const empty = options.emptyIsNone === true ? 'empty is none' : 'empty is text';
  const table = fieldTable(rules, options.open ?? null, empty);
  return (event) => checkFields(event, table);
}

import { ownValueProblem, type OwnValue, type OwnValues } from '../avro/own-fields.ts';
import type { OwnField } from '../catalogue/own-field.ts';
import type { Event } from '../model/event.ts';
import { refuse, type Refusal } from '../model/reasons.ts';

/** The values of the catalogue's own fields, or why the event has none. Never throws. */
export function ownValuesOf(
  event: Event,
  fields: readonly OwnField[],
): { readonly kind: 'values'; readonly values: OwnValues | null } | Refusal {
  if (fields.length === 0) return none;
  const values: Record<string, OwnValue> = {};
  for (const { name, type, value } of fields) {
    let found: OwnValue | undefined;
    try {
      found = value(event);
    } catch (error) {
      const kind = error instanceof Error ? error.name : typeof error;
      return refuse('field-failed', `${name} threw ${kind}`);
    }
    const expected = ownValueProblem(type, found);
    if (expected !== null) return refuse('invalid-event', `the field ${name} is not ${expected}`);
    values[name] = found ?? null;
  }
  return { kind: 'values', values };
}

const none = { kind: 'values', values: null } as const;

import { defaultLimits } from '../../catalogue/limits.ts';
import type { Fix } from '../../catalogue/fix.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts';
import { readText } from '../../json/read-text.ts';
import { examplesIn } from '../example-events.ts';

/** How often a text is taken for JSON again. */
const encodingsMax = 3;
const inner = JSON.stringify({ amount: 3, currency: 'EUR' });

/**
 * The client wrote its properties as JSON, put that into a string, and wrote the event as JSON: once, or
 * even twice.
 */
export const doubleEncodedProperties: Fix = {
  id: 'double-encoded-properties',
  issue: 'The properties are a text with JSON in it (as ampproject/amphtml#2038)',
  clients: [{ name: 'penstock-android', versions: '>=2.5.0 <2.5.6' }],
  types: null,
  formats: [2, 3, 4],
  outcome: 'repair',
  detect: (event) => decoded(event.properties) !== null,
  apply: (event) => ({ ...event, properties: decoded(event.properties) ?? event.properties }),
  since: '2026-11-28',
  retireWhen: 'no penstock-android before 2.5.6 has been seen for 90 days',
  examples: [inner, JSON.stringify(inner)].flatMap((properties) =>
    examplesIn([2, 3, 4], {
      ...{ client: 'penstock-android', version: '2.5.5', outside: '2.5.6' },
      broken: { properties },
      repaired: { properties: { amount: 3, currency: 'EUR' } },
      healthy: { properties: { amount: 3, currency: 'EUR', text: inner } },
    }),
  ),
};

/** The object in the text, read with the same limits as any event. */
function decoded(properties: JsonValue | undefined): JsonObject | null {
  let value = properties;
  for (let encodings = 0; encodings < encodingsMax && typeof value === 'string'; encodings++) {
    const bytes = Buffer.from(value);
    const read = readText(bytes, 0, bytes.length, defaultLimits, true);
    if (read.kind === 'rejected') return null;
    value = read.value;
    if (isJsonObject(value)) return value;
  }
  return null;
}

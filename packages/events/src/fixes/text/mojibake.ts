import { isUtf8 } from 'node:buffer';
import type { Fix } from '../../catalogue/fix.ts';
import type { JsonObject, JsonValue } from '../../model/json.ts';
import type { FormatNumber } from '../../model/request.ts';
import { withProperties } from '../event-paths.ts';
import { examplesIn } from '../example-events.ts';

/**
 * The client read UTF-8 as Latin-1: "GrÃ¶Ã\u009fe" for "Größe". That is undone only where the bytes behind
 * the text are UTF-8 again, which a text in Latin-1 practically never is. A text with U+FFFD has lost its
 * bytes for good.
 */
export const mojibake: Fix = {
  id: 'mojibake',
  issue: 'Text that was UTF-8 has been read as Latin-1 (as snowplow-java-tracker#182, tracks-android#17)',
  clients: [{ name: 'penstock-java', versions: '<1.2.0' }],
  types: null,
  formats: [2, 3, 4],
  outcome: 'repair',
  detect: (event, { format }) => withText(event, format) !== event,
  apply: (event, { format }) => withText(event, format),
  since: '2026-11-28',
  retireWhen: 'no penstock-java before 1.2.0 has been seen for 90 days',
  examples: examplesIn([2, 3, 4], {
    ...{ client: 'penstock-java', version: '1.1.7', outside: '1.2.0' },
    broken: { properties: { title: 'GrÃ¶Ã\u009fe', city: 'æ\u009d±äº¬', page: '/' } },
    repaired: { properties: { title: 'Größe', city: '東京', page: '/' } },
    healthy: { properties: { title: 'Größe', city: '東京', page: 'Ã', name: 'Ã¶ 東' } },
  }),
};

function withText(event: JsonObject, format: FormatNumber): JsonObject {
  return withProperties(event, format, (_name, value) => repaired(value));
}

function repaired(value: JsonValue): JsonValue {
  // The first two bytes of a character beyond ASCII, and nothing that Latin-1 cannot write.
  if (typeof value !== 'string' || !/[\u00c2-\u00f4][\u0080-\u00bf]/.test(value)) return value;
  if (/[^\0-\u00ff]/.test(value)) return value;
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : value;
}

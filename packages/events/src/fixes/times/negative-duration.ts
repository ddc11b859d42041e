import type { Fix } from '../../catalogue/fix.ts';
import type { JsonObject, JsonValue } from '../../model/json.ts';
import type { FormatNumber } from '../../model/request.ts';
import { withProperties } from '../event-paths.ts';
import { examplesIn } from '../example-events.ts';

const names: ReadonlySet<string> = new Set(['duration_ms', 'engaged_ms', 'load_ms']);
const dayMs = 86_400_000;

/**
 * The client measured durations with the wall clock, which somebody moved in between. The true duration is
 * lost, and the absolute value would be as wrong, so the property is removed.
 */
export const negativeDuration: Fix = {
  id: 'negative-duration',
  issue: 'Durations are negative or last for years (as mixpanel-android#605, countly-sdk-android#28)',
  clients: [{ name: 'penstock-web', versions: '<3.1.0' }],
  types: null,
  formats: [1, 2, 3],
  onlyProperties: [...names],
  outcome: 'repair',
  detect: (event, { format }) => withoutBrokenDurations(event, format) !== event,
  apply: (event, { format }) => withoutBrokenDurations(event, format),
  since: '2026-11-28',
  retireWhen: 'no penstock-web before 3.1.0 has been seen for 90 days',
  examples: [
    ...examplesIn([1], {
      ...{ client: 'penstock-web', version: '3.0.9', outside: '3.1.0' },
      broken: { properties: { duration_ms: '-12', page: '/' } },
      repaired: { properties: { page: '/' } },
      healthy: { properties: { duration_ms: '12', page: '/' } },
    }),
    ...examplesIn([2, 3], {
      ...{ client: 'penstock-web', version: '3.0.9', outside: '3.1.0' },
      broken: { properties: { duration_ms: -12, engaged_ms: 1.7e12, page: '/' } },
      repaired: { properties: { page: '/' } },
      healthy: { properties: { duration_ms: 0, engaged_ms: 1200.5, page: '/' } },
    }),
  ],
};

function withoutBrokenDurations(event: JsonObject, format: FormatNumber): JsonObject {
  return withProperties(event, format, (name, value) =>
    names.has(name) && isBroken(value) ? undefined : value,
  );
}

function isBroken(value: JsonValue): boolean {
  const isText = typeof value === 'string' && /^-?\d{1,20}(\.\d{1,20})?$/.test(value);
  const duration = isText ? Number(value) : value;
  return typeof duration === 'number' && (duration < 0 || duration > 30 * dayMs);
}

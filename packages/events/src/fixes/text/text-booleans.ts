import type { Fix } from '../../catalogue/fix.ts';
import type { JsonObject, JsonValue } from '../../model/json.ts';
import type { FormatNumber } from '../../model/request.ts';
import { withProperties } from '../event-paths.ts';
import { examplesIn } from '../example-events.ts';

/** The properties that every other platform sends as booleans. Nothing else is touched: 1 may be a number. */
const names: ReadonlySet<string> = new Set(['is_first_open', 'is_logged_in', 'is_subscriber']);
const booleans = new Map<JsonValue, boolean>([
  ...([1, '1', 'true', 'YES'] as const).map((value) => [value, true] as const),
  ...([0, '0', 'false', 'NO'] as const).map((value) => [value, false] as const),
]);

/**
 * The bridge between Flutter and the platforms turned booleans into numbers on one and into texts on the
 * other.
 */
export const textBooleans: Fix = {
  id: 'text-booleans',
  issue: 'Booleans are 1 and 0, or "true" and "false" (as mixpanel-flutter#20, #21, posthog-kmp#69)',
  clients: [{ name: 'penstock-flutter', versions: '<2.0.0' }],
  types: null,
  formats: [3, 4],
  onlyProperties: [...names],
  outcome: 'repair',
  detect: (event, { format }) => withBooleans(event, format) !== event,
  apply: (event, { format }) => withBooleans(event, format),
  since: '2026-11-28',
  retireWhen: 'no penstock-flutter before 2.0.0 has been seen for 90 days',
  examples: examplesIn([3, 4], {
    ...{ client: 'penstock-flutter', version: '1.9.1', outside: '2.0.0' },
    broken: { properties: { is_first_open: 1, is_logged_in: 'false', count: 1, label: 'true' } },
    repaired: { properties: { is_first_open: true, is_logged_in: false, count: 1, label: 'true' } },
    healthy: { properties: { is_first_open: true, is_logged_in: null, count: 1, label: 'true' } },
  }),
};

function withBooleans(event: JsonObject, format: FormatNumber): JsonObject {
  return withProperties(event, format, (name, value) =>
    names.has(name) ? (booleans.get(value) ?? value) : value,
  );
}

import type { Fix } from '../../catalogue/fix.ts';
import type { JsonObject } from '../../model/json.ts';
import { valueAt, withValueAt } from '../event-paths.ts';
import { examplesIn } from '../example-events.ts';

const dayMs = 86_400_000;

/**
 * The iOS client of the first format wrote seconds instead of milliseconds, which put every event into
 * January 1970.
 */
export const epochSeconds: Fix = {
  id: 'epoch-seconds',
  issue:
    'The time is in seconds instead of milliseconds ' +
    '(as CleverTap/clevertap-flutter#245, snowplow-ios-tracker#467)',
  clients: [{ name: 'penstock-ios', versions: '<2.3.0' }],
  types: null,
  formats: [1],
  outcome: 'repair',
  detect: (event, context) => repairedTime(event, context.receivedAtMs) !== null,
  apply: (event, context) => {
    const repaired = repairedTime(event, context.receivedAtMs);
    return repaired === null ? event : withValueAt(event, ['dtm'], repaired);
  },
  since: '2026-11-23',
  retireWhen: 'no penstock-ios before 2.3.0 has been seen for 90 days',
  examples: examplesIn([1], {
    ...{ client: 'penstock-ios', version: '2.2.9', outside: '2.3.0' },
    broken: { deviceId: 'i-1', time: '1780315200' },
    repaired: { deviceId: 'i-1', time: '1780315200000' },
    healthy: { deviceId: 'i-1', time: '1780315200000' },
  }),
};

/**
 * Numbers from 1e9 to 1e11 are seconds since 2001. As milliseconds they would lie before 1974, when no
 * client existed.
 */
function repairedTime(event: JsonObject, receivedMs: number): string | null {
  const time = valueAt(event, ['dtm']);
  if (typeof time !== 'string' || !/^\d{10,11}$/.test(time)) return null;
  const milliseconds = Number(time) * 1000;
  return milliseconds >= 1e12 && milliseconds <= receivedMs + dayMs ? String(milliseconds) : null;
}

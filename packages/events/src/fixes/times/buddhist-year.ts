import type { Fix, FixContext } from '../../catalogue/fix.ts';
import type { JsonObject } from '../../model/json.ts';
import { valueAt, withValueAt } from '../event-paths.ts';
import { examplesIn } from '../example-events.ts';
import { pathsOf } from '../field-paths.ts';

/** The Thai calendar counts 543 years more. */
const yearsAhead = 543;

/** The client took the year from the user's calendar. */
export const buddhistYear: Fix = {
  id: 'buddhist-year',
  issue: 'The year is that of the Buddhist calendar (as rudderlabs/rudder-sdk-ios#125)',
  clients: [{ name: 'penstock-ios', versions: '<2.6.0' }],
  types: null,
  formats: [2, 3],
  outcome: 'repair',
  detect: (event, context) => repairedTime(event, context) !== null,
  apply: (event, context) => {
    const repaired = repairedTime(event, context);
    return repaired === null ? event : withValueAt(event, pathsOf(context.format).time, repaired);
  },
  since: '2026-11-28',
  retireWhen: 'no penstock-ios before 2.6.0 has been seen for 90 days',
  examples: examplesIn([2, 3], {
    ...{ client: 'penstock-ios', version: '2.5.3', outside: '2.6.0' },
    broken: { deviceId: 'i-1', time: '2569-06-01T10:00:00Z' },
    repaired: { deviceId: 'i-1', time: '2026-06-01T10:00:00Z' },
    healthy: { deviceId: 'i-1', time: '2026-06-01T10:00:00Z' },
  }),
};

/** Only a year that the correction makes this one or the last shows the bug. */
function repairedTime(event: JsonObject, { format, receivedAtMs }: FixContext): string | null {
  const time = valueAt(event, pathsOf(format).time);
  if (typeof time !== 'string' || !/^2[5-9]\d\d-/.test(time)) return null;
  const year = Number(time.slice(0, 4)) - yearsAhead;
  const thisYear = new Date(receivedAtMs).getUTCFullYear();
  return year === thisYear || year === thisYear - 1 ? `${year}${time.slice(4)}` : null;
}

import type { Fix, FixContext } from '../../catalogue/fix.ts';
import type { JsonObject } from '../../model/json.ts';
import { parseTime } from '../../normalise/parse-time.ts';
import { valueAt, withValueAt } from '../event-paths.ts';
import { examplesIn } from '../example-events.ts';
import { pathsOf } from '../field-paths.ts';

const dayMs = 86_400_000;
/** From 1970 to 2001, where Apple's clocks begin. */
const referenceDateMs = 978_307_200_000;

/** Seconds since 2001 were taken for seconds since 1970, which put every event 31 years into the past. */
export const referenceDateClock: Fix = {
  id: 'reference-date-clock',
  issue:
    'Times are 31 years early, counted from 2001 (as snowplow/snowplow#336, aws-amplify/aws-sdk-ios#197)',
  clients: [{ name: 'penstock-ios', versions: '>=2.3.0 <2.4.1' }],
  types: null,
  formats: [2, 3],
  outcome: 'repair',
  detect: (event, context) => repairedTime(event, context) !== null,
  apply: (event, context) => {
    const repaired = repairedTime(event, context);
    return repaired === null ? event : withValueAt(event, pathsOf(context.format).time, repaired);
  },
  since: '2026-11-28',
  retireWhen: 'no penstock-ios before 2.4.1 has been seen for 90 days',
  examples: examplesIn([2, 3], {
    ...{ client: 'penstock-ios', version: '2.4.0', outside: '2.4.1' },
    broken: { deviceId: 'i-1', time: '1995-06-01T10:00:00.000Z' },
    repaired: { deviceId: 'i-1', time: '2026-06-01T10:00:00.000Z' },
    healthy: { deviceId: 'i-1', time: '2026-06-01T10:00:00.000Z' },
  }),
};

/** Only a time that the correction brings into the last 400 days shows the bug. */
function repairedTime(event: JsonObject, { format, receivedAtMs }: FixContext): string | null {
  const time = valueAt(event, pathsOf(format).time);
  const sentMs = typeof time === 'string' && time.length <= 64 ? parseTime(time) : null;
  if (sentMs === null) return null;
  const ageMs = receivedAtMs - (sentMs + referenceDateMs);
  return ageMs > -dayMs && ageMs < 400 * dayMs ? new Date(sentMs + referenceDateMs).toISOString() : null;
}

import type { Fix } from '../../catalogue/fix.ts';
import { valueAt } from '../event-paths.ts';
import { examplesIn } from '../example-events.ts';
import { pathsOf } from '../field-paths.ts';

/**
 * The format string of one release had the month where the minutes belong. The minutes are lost, and nobody
 * can tell the few events whose minutes happen to equal the month.
 */
export const monthAsMinute: Fix = {
  id: 'month-as-minute',
  issue: 'The month stands where the minutes belong (as rudderlabs/rudder-transformer#1621)',
  clients: [{ name: 'penstock-php', versions: '1.1.0' }],
  types: null,
  formats: [2, 3],
  outcome: 'quarantined',
  detect: (event, { format }) => {
    const time = valueAt(event, pathsOf(format).time);
    return typeof time === 'string' && /^\d{4}-(\d\d)-\d\dT\d\d:\1:/.test(time);
  },
  apply: (event) => event,
  since: '2026-11-28',
  retireWhen: 'penstock-php 1.1.0 has not been seen for 90 days',
  examples: examplesIn([2, 3], {
    ...{ client: 'penstock-php', version: '1.1.0', outside: '1.1.1' },
    broken: { userId: 'u-1', time: '2026-05-31T10:05:22Z' },
    repaired: null,
    healthy: { userId: 'u-1', time: '2026-05-31T10:17:22Z' },
  }),
};

import type { Fix } from '../../catalogue/fix.ts';
import type { JsonObject } from '../../model/json.ts';
import type { FormatNumber } from '../../model/request.ts';
import { valueAt, withValueAt } from '../event-paths.ts';
import { examplesIn } from '../example-events.ts';
import { pathsOf } from '../field-paths.ts';

/**
 * The client made a new id for each try, so a retry looked like another event. Without it, an id is derived
 * from what the event says, which is the same for every try. Events that say too little keep theirs: they
 * would become one.
 */
export const regeneratedIds: Fix = {
  id: 'regenerated-ids',
  issue: 'Every try of an event has another id (as mcpcat-typescript-sdk#65, snowplow/enrich#725)',
  clients: [{ name: 'penstock-python', versions: '<1.4.0' }],
  types: null,
  formats: [3, 4],
  outcome: 'repair',
  detect: (event, { format }) =>
    valueAt(event, pathsOf(format).eventId) !== undefined && saysEnough(event, format),
  apply: (event, { format }) => withValueAt(event, pathsOf(format).eventId, undefined),
  since: '2026-11-28',
  retireWhen: 'no penstock-python before 1.4.0 has been seen for 90 days',
  examples: examplesIn([3, 4], {
    ...{ client: 'penstock-python', version: '1.3.2', outside: '1.4.0' },
    broken: {
      eventId: '0190b3a6-7c1e-7a6e-9d6f-3d5b8c1f0a01',
      ...{ userId: 'u-1', time: '2026-06-01T10:00:00.123Z' },
    },
    repaired: { userId: 'u-1', time: '2026-06-01T10:00:00.123Z' },
    healthy: { eventId: '0190b3a6-7c1e-7a6e-9d6f-3d5b8c1f0a01', userId: 'u-1' },
  }),
};

function saysEnough(event: JsonObject, format: FormatNumber): boolean {
  const { time, userId, deviceId } = pathsOf(format);
  const somebody = valueAt(event, userId) ?? valueAt(event, deviceId);
  return typeof valueAt(event, time) === 'string' && typeof somebody === 'string' && somebody !== '';
}

import type { Fix } from '../../catalogue/fix.ts';
import type { JsonObject, JsonValue } from '../../model/json.ts';
import type { FormatNumber } from '../../model/request.ts';
import { valueAt, withValueAt, type Path } from '../event-paths.ts';
import { examplesIn } from '../example-events.ts';
import { pathsOf } from '../field-paths.ts';

/** The texts into which JavaScript turns a missing id, and the UUID that nobody filled in. */
const sentinels = new Set([
  'null',
  'undefined',
  'NaN',
  '[object Object]',
  '',
  '00000000-0000-0000-0000-000000000000',
]);

/**
 * After a rewrite, the web client sent "undefined" and the like for users without an id, which made them
 * all one user.
 */
export const sentinelIds: Fix = {
  id: 'sentinel-ids',
  issue:
    'Ids are "null", "undefined" or "[object Object]" ' +
    '(as snowplow-javascript-tracker#991, rudder-sdk-js#201)',
  clients: [{ name: 'penstock-web', versions: '>=3.0.0 <3.2.1' }],
  types: null,
  formats: [2, 3, 4],
  outcome: 'repair',
  detect: (event, { format }) => idPaths(format).some((path) => isSentinel(valueAt(event, path))),
  apply: (event, { format }) => {
    let fixed: JsonObject = event;
    for (const path of idPaths(format))
      if (isSentinel(valueAt(fixed, path))) fixed = withValueAt(fixed, path, undefined);
    return fixed;
  },
  since: '2026-11-23',
  retireWhen: 'no penstock-web before 3.2.1 has been seen for 90 days',
  examples: examplesIn([2, 3, 4], {
    ...{ client: 'penstock-web', version: '3.2.0', outside: '3.2.1' },
    broken: { userId: 'undefined', deviceId: 'w-1', sessionId: '', eventId: '[object Object]' },
    repaired: { deviceId: 'w-1' },
    healthy: { userId: 'undefined behaviour', deviceId: 'w-1' },
  }),
};

function idPaths(format: FormatNumber): readonly Path[] {
  const { eventId, userId, deviceId, sessionId } = pathsOf(format);
  return [eventId, userId, deviceId, sessionId];
}

function isSentinel(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && sentinels.has(value.trim());
}

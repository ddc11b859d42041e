import type { Fix } from '../catalogue/fix.ts';
import type { JsonObject, JsonValue } from '../model/json.ts';
import type { FormatNumber } from '../model/request.ts';
import { valueAt, withValueAt, type Path } from './event-paths.ts';

/** The texts into which JavaScript turns a missing id, and the UUID that nobody filled in. */
const sentinels = new Set([
  'null',
  'undefined',
  'NaN',
  '[object Object]',
  '',
  '00000000-0000-0000-0000-000000000000',
]);

const idPaths: Readonly<Record<FormatNumber, readonly Path[]>> = {
  1: [['eid'], ['uid'], ['did'], ['sid']],
  2: [['id'], ['context', 'user', 'id'], ['context', 'device', 'id'], ['context', 'session', 'id']],
  3: [['message_id'], ['user_id'], ['device_id'], ['session_id']],
  4: [['event_id'], ['user_id'], ['device_id'], ['session_id']],
};

const client = { name: 'penstock-web', version: '3.2.0' };
const message_id = '0190b3a6-7c1e-7a6e-9d6f-3d5b8c1f0a01';

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
  detect: (event, { format }) => idPaths[format].some((path) => isSentinel(valueAt(event, path))),
  apply: (event, { format }) => {
    let fixed: JsonObject = event;
    for (const path of idPaths[format])
      if (isSentinel(valueAt(fixed, path))) fixed = withValueAt(fixed, path, undefined);
    return fixed;
  },
  since: '2026-11-23',
  retireWhen: 'no penstock-web before 3.2.1 has been seen for 90 days',
  examples: {
    format: 3,
    receivedAtMs: Date.UTC(2026, 5, 1),
    broken: { message_id, type: 'page_view', client, user_id: 'undefined', device_id: 'w-1', session_id: '' },
    repaired: { message_id, type: 'page_view', client, device_id: 'w-1' },
    outside: {
      ...{ message_id, type: 'page_view', user_id: 'undefined', device_id: 'w-1' },
      client: { ...client, version: '3.2.1' },
    },
    healthy: { message_id, type: 'page_view', client, user_id: 'undefined behaviour', device_id: 'w-1' },
  },
};

function isSentinel(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && sentinels.has(value.trim());
}

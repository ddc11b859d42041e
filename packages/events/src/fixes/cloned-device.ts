import type { Fix } from '../catalogue/fix.ts';
import { valueAt } from './event-paths.ts';

const clonedId = 'c0ffee00-0000-4000-8000-000000000001';

/**
 * One release carried the device id of the machine that built it, so the device of these events is unknown.
 */
export const clonedDevice: Fix = {
  id: 'cloned-device',
  issue: 'A release sends one hard-coded device id for everybody (as Mozilla bug 1489560)',
  clients: [{ name: 'penstock-ios', versions: '3.1.0' }],
  types: null,
  formats: [3, 4],
  outcome: 'quarantined',
  detect: (event) => valueAt(event, ['device_id']) === clonedId,
  apply: (event) => event,
  since: '2026-11-23',
  retireWhen: 'penstock-ios 3.1.0 has not been seen for 90 days',
  examples: {
    format: 4,
    receivedAtMs: Date.UTC(2026, 5, 1),
    broken: {
      event_type: 'app_open',
      device_id: clonedId,
      client: { name: 'penstock-ios', version: '3.1.0' },
    },
    repaired: null,
    outside: {
      event_type: 'app_open',
      device_id: clonedId,
      client: { name: 'penstock-ios', version: '3.1.1' },
    },
    healthy: { event_type: 'app_open', device_id: 'i-7', client: { name: 'penstock-ios', version: '3.1.0' } },
  },
};

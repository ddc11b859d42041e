import type { Fix } from '../../catalogue/fix.ts';
import { valueAt } from '../event-paths.ts';
import { examplesIn } from '../example-events.ts';

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
  examples: examplesIn([3, 4], {
    ...{ client: 'penstock-ios', version: '3.1.0', outside: '3.1.1' },
    broken: { deviceId: clonedId },
    repaired: null,
    healthy: { deviceId: 'i-7' },
  }),
};

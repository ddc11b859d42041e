import type { Fix } from '../../catalogue/fix.ts';
import { valueAt } from '../event-paths.ts';
import { examplesIn } from '../example-events.ts';

/** A third party repackages the Android client with advertisements, and its events arrive here. */
export const repackagedBuild: Fix = {
  id: 'repackaged-build',
  issue: 'A third party ships a build of its own that reports to us (as Mozilla bug 1592010)',
  clients: [{ name: 'penstock-android', versions: '>=2.0.0 <3.0.0' }],
  types: null,
  formats: [3],
  outcome: 'unwanted',
  detect: (event) => valueAt(event, ['client', 'platform']) === 'android-plus',
  apply: (event) => event,
  since: '2026-11-23',
  retireWhen: 'the repackaged build has not been seen for 90 days',
  examples: examplesIn([3], {
    ...{ client: 'penstock-android', version: '2.4.0', outside: '3.0.0' },
    broken: { platform: 'android-plus' },
    repaired: null,
    healthy: { platform: 'android' },
  }),
};

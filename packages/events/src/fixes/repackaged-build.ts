import type { Fix } from '../catalogue/fix.ts';
import { valueAt } from './event-paths.ts';

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
  examples: {
    format: 3,
    receivedAtMs: Date.UTC(2026, 5, 1),
    broken: { type: 'app_open', client: client('2.4.0', 'android-plus') },
    repaired: null,
    outside: { type: 'app_open', client: client('3.0.0', 'android-plus') },
    healthy: { type: 'app_open', client: client('2.4.0', 'android') },
  },
};

function client(version: string, platform: string): { name: string; version: string; platform: string } {
  return { name: 'penstock-android', version, platform };
}

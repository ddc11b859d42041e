import type { Fix } from '../catalogue/fix.ts';
import { valueAt, withValueAt } from './event-paths.ts';
import { examplesIn } from './example-events.ts';
import { pathsOf } from './field-paths.ts';

/**
 * Copy this file, say here what the client did wrong and why this is the right answer, and add the fix to
 * built-in-fixes.ts; the order there matters. The tests of this folder check every fix of the catalogue
 * against its examples. List it in the table of the README.
 */
export const fixTemplate: Fix = {
  id: 'fix-template',
  issue: 'What users see, and where it was reported (as owner/repository#1)',
  clients: [{ name: 'penstock-example', versions: '>=1.0.0 <1.2.0' }],
  types: null,
  formats: [2, 3],
  outcome: 'repair',
  detect: (event, { format }) => valueAt(event, pathsOf(format).userId) === 'anonymous',
  apply: (event, { format }) => withValueAt(event, pathsOf(format).userId, undefined),
  since: '2026-11-28',
  retireWhen: 'no penstock-example before 1.2.0 has been seen for 90 days',
  examples: examplesIn([2, 3], {
    client: 'penstock-example',
    version: '1.1.9', // has the bug
    outside: '1.2.0', // just outside the range
    broken: { userId: 'anonymous', deviceId: 'd-1' },
    repaired: { deviceId: 'd-1' },
    healthy: { userId: 'u-1', deviceId: 'd-1' },
  }),
};

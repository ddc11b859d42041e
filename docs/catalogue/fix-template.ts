import type { CatalogueTools, Fix } from './penstock-catalogue.d.ts';

/**
 * Copy this file under the name of the bug, say here what the client does wrong and why this is the right
 * answer, and add the fix to `fixes` of the catalogue. Then run `input-filter check-catalogue`.
 *
 * Here: the client writes "anonymous" for people without an account, which makes them all one user.
 */
export const fixTemplate = ({ valueAt, withValueAt, pathsOf, examplesIn }: CatalogueTools): Fix => ({
  // Stored in events, listed in metrics and switched off by this name: never change or reuse it.
  id: 'fix-template',
  // What users see, and where it was reported.
  issue: 'Everybody without an account is the user "anonymous" (SHOP-1207)',
  // As the client names itself, and the versions that have the bug, as node-semver reads ranges.
  clients: [{ name: 'shop-app', versions: '>=1.0.0 <1.2.0' }],
  // Event types, or null for all.
  types: null,
  // The formats that the client sends. The fix sees the event as it was sent, in each of them.
  formats: [2, 3],
  // repair and redact change the event; unwanted and quarantined stop it, the latter with an alarm.
  outcome: 'repair',
  // Does this event show the bug? It must answer for any JSON object.
  detect: (event, { format }) => valueAt(event, pathsOf(format).userId) === 'anonymous',
  // Return a changed copy. Return the event itself for unwanted and quarantined.
  apply: (event, { format }) => withValueAt(event, pathsOf(format).userId, undefined),
  // The day of its first release.
  since: '2026-11-28',
  retireWhen: 'no shop-app before 1.2.0 has been seen for 90 days',
  // These are its tests: told once for all built-in formats. summer-time-till.ts has one for an own format.
  examples: examplesIn([2, 3], {
    client: 'shop-app',
    version: '1.1.9', // has the bug
    outside: '1.2.0', // just outside the range
    broken: { userId: 'anonymous', deviceId: 'd-1' },
    repaired: { deviceId: 'd-1' },
    healthy: { userId: 'u-1', deviceId: 'd-1' },
  }),
});

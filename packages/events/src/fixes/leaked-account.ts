import type { Fix } from '../catalogue/fix.ts';
import { valueAt, withValueAt } from './event-paths.ts';

const path = ['properties', 'account_id'];
const event = { event: 'purchase', properties: { amount: 3 } };

/** The Android client wrote the shop's account number into every purchase, where it does not belong. */
export const leakedAccount: Fix = {
  id: 'leaked-account',
  issue: 'The account id leaks into the properties of purchases (as Mozilla bug 1602844)',
  clients: [{ name: 'penstock-android', versions: '<=1.7.0' }],
  types: ['purchase'],
  formats: [2],
  outcome: 'redact',
  detect: (purchase) => valueAt(purchase, path) !== undefined,
  apply: (purchase) => withValueAt(purchase, path, undefined),
  since: '2026-11-23',
  retireWhen: 'no penstock-android before 1.7.1 has been seen for a year',
  examples: {
    format: 2,
    receivedAtMs: Date.UTC(2026, 5, 1),
    broken: { ...event, context: app('1.7.0'), properties: { amount: 3, account_id: '4711' } },
    repaired: { ...event, context: app('1.7.0') },
    outside: { ...event, context: app('1.7.1'), properties: { amount: 3, account_id: '4711' } },
    healthy: { ...event, context: app('1.7.0') },
  },
};

function app(version: string): { app: { name: string; version: string } } {
  return { app: { name: 'penstock-android', version } };
}

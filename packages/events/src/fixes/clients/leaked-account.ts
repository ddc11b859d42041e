import type { Fix } from '../../catalogue/fix.ts';
import { valueAt, withValueAt } from '../event-paths.ts';
import { examplesIn } from '../example-events.ts';

const path = ['properties', 'account_id'];

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
  examples: examplesIn([2], {
    ...{ client: 'penstock-android', version: '1.7.0', outside: '1.7.1' },
    broken: { type: 'purchase', properties: { amount: 3, account_id: '4711' } },
    repaired: { type: 'purchase', properties: { amount: 3 } },
    healthy: { type: 'purchase', properties: { amount: 3 } },
  }),
};

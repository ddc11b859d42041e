import { randomBytes } from 'node:crypto';

/**
 * A name for a topic, a group or a transactional id that nothing else in this or another run has:
 * 'orders-3f9a0c1d22'. On a cluster that somebody gave us it says whose it is:
 * 'penstock-test-3f9a0c1d22-orders'.
 */
export function uniqueName(prefix: string): string {
  const random = randomBytes(5).toString('hex');
  return process.env['PENSTOCK_TEST_BOOTSTRAP'] ? `penstock-test-${random}-${prefix}` : `${prefix}-${random}`;
}

import { randomBytes } from 'node:crypto';

/** A name for a topic, a group or a transactional id that nothing else in this or another run has: 'orders-3f9a0c1d22'. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(5).toString('hex')}`;
}

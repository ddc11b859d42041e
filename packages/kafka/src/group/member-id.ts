import { createHash } from 'node:crypto';

/**
 * Our namespace for UUIDs made from transactional ids. It must never change, or a restarted member gets
 * another id.
 */
const namespace = Buffer.from('8d1f5a0e6c3b4e7f9a52d04b1c77e3f6', 'hex');

/**
 * The member id that belongs to a transactional id: a UUIDv5 (RFC 9562), the same after every restart. So a
 * restarted process rejoins as the member that it was, and owns its partitions at once. With a new id it
 * would wait until the session of the old one has timed out: 45 s by Kafka's default.
 */
export function memberIdOf(transactionalId: string): string {
  const digest = createHash('sha1').update(namespace).update(transactionalId, 'utf8').digest();
  digest[6] = (digest[6]! & 0x0f) | 0x50;
  digest[8] = (digest[8]! & 0x3f) | 0x80;
  const hex = digest.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

import { hash } from 'node:crypto';
import { contentOf } from './encode-event.ts';

/** Bytes of a de-duplication key. */
export const dedupKeyBytes = 16;
/** Bytes of a content hash. */
export const contentHashBytes = 8;

/**
 * 16 bytes of SHA-1 over tenant and event id, as the window and events.seen hold them. The hash keeps a
 * tenant from choosing an id that collides with one of another tenant.
 */
export function dedupKey(tenant: string, eventId: Buffer): Buffer {
  return digest(`${eventId.toString('latin1', 0, 16)}${tenant}`, dedupKeyBytes);
}

/**
 * 8 bytes over the client's own fields except sent_at, read from an encoded event. Two events with one id
 * and different hashes are a conflict, not a retry. SHA-1 in hardware is faster here than a hash in
 * JavaScript: 0.6 us for 700 bytes against 0.9.
 */
export function contentHash(encoded: Uint8Array): Buffer {
  return digest(contentOf(encoded), contentHashBytes);
}

/**
 * Goes through hexadecimal text, because node:crypto takes more than twice as long to return bytes (Node
 * 26: 0.8 us against 0.3).
 */
function digest(data: string | Uint8Array, bytes: number): Buffer {
  const target = Buffer.allocUnsafe(bytes);
  target.write(hash('sha1', data, 'hex'), 0, bytes, 'hex');
  return target;
}

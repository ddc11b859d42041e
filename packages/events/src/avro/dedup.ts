import { hash } from 'node:crypto';
import { blockBytesMax, sha1, sha1Words } from './sha1-block.ts';

/** Bytes of a de-duplication key. */
export const dedupKeyBytes = 16;

const message = new Uint8Array(blockBytesMax);

/**
 * 16 bytes of SHA-1 over tenant and event id, as the window and events.seen hold them. The hash keeps a
 * tenant from choosing an id that collides with one of another tenant.
 */
export function dedupKey(tenant: string, eventId: Buffer): Buffer {
  const key = Buffer.allocUnsafe(dedupKeyBytes);
  const length = writeMessage(tenant, eventId);
  if (length === -1) {
    const text = `${eventId.toString('latin1', 0, 16)}${tenant}`;
    key.write(hash('sha1', text, 'hex'), 0, dedupKeyBytes, 'hex');
    return key;
  }
  sha1(message, length);
  for (let i = 0; i < dedupKeyBytes; i += 4) key.writeInt32BE(sha1Words[i >> 2]!, i);
  return key;
}

/**
 * The id as Latin-1 text and the tenant behind it, both in UTF-8. Keys that are stored were made like that.
 * @returns the length, or -1 for a tenant that is too long for one block, or not in ASCII.
 */
function writeMessage(tenant: string, eventId: Buffer): number {
  if (tenant.length > blockBytesMax - 32) return -1;
  let at = 0;
  for (let i = 0; i < 16; i++) {
    const byte = eventId[i]!;
    if (byte < 0x80) message[at++] = byte;
    else {
      message[at++] = 0xc0 | (byte >> 6);
      message[at++] = 0x80 | (byte & 0x3f);
    }
  }
  for (let i = 0; i < tenant.length; i++) {
    const code = tenant.charCodeAt(i);
    if (code >= 0x80) return -1;
    message[at++] = code;
  }
  return at;
}

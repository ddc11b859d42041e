import { hash } from 'node:crypto';

/** The 16 bytes of a UUID in text form, in either case and of any version. Null for any other text. */
export function parseUuid(text: string): Buffer | null {
  if (text.length !== 36) return null;
  const bytes = Buffer.allocUnsafe(16);
  let at = 0;
  for (let i = 0; i < 36; i += 2) {
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (text.charCodeAt(i) !== 0x2d) return null;
      i++;
    }
    const high = nibble(text.charCodeAt(i));
    const low = nibble(text.charCodeAt(i + 1));
    if ((high | low) < 0) return null;
    bytes[at++] = (high << 4) | low;
  }
  return bytes;
}

/** The value of a hexadecimal digit, or -1. */
function nibble(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

export function formatUuid(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The nil UUID is a default that nobody filled in. As an id it would make all its events one. */
export function isNil(id: Uint8Array): boolean {
  for (let i = 0; i < id.length; i++) if (id[i] !== 0) return false;
  return true;
}

/**
 * An id for an event without one, which is the same whenever the event comes again: a version 5 UUID (RFC
 * 9562, 5.5) over what tells events apart. The price of clients without ids: two events of one device with
 * the same time and the same properties count as one.
 */
export function deriveEventId(parts: readonly unknown[]): Buffer {
  const id = Buffer.from(hash('sha1', `penstock event ${JSON.stringify(parts)}`, 'hex').slice(0, 32), 'hex');
  id[6] = (id[6]! & 0x0f) | 0x50;
  id[8] = (id[8]! & 0x3f) | 0x80;
  return id;
}

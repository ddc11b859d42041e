import { isIP } from 'node:net';

/**
 * The 4 or 16 bytes of an address in any spelling: compressed or not, in either case, with a dotted end, a
 * zone, or quotes as in RFC 7239. An IPv4-mapped address (::ffff:0:0/96) gives the 4 bytes of the IPv4
 * address that it is. Null for everything else, an address with a port included.
 */
export function parseAddress(text: string): Uint8Array | null {
  const plain = parsePlain4(text);
  if (plain !== null) return plain;
  const address = bare(text);
  const family = isIP(address);
  if (family === 0) return null;
  if (family === 4) return Uint8Array.from(address.split('.').map(Number));
  const bytes = parse6(address);
  return isMapped(bytes) ? bytes.subarray(12) : bytes;
}

/** The usual form, four decimal numbers without zeros in front: a tenth of the time. Null for all others. */
function parsePlain4(text: string): Uint8Array | null {
  if (text.length > 15) return null;
  const bytes = new Uint8Array(4);
  let part = 0;
  let value = -1;
  for (let at = 0; at <= text.length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : dot;
    if (code === dot) {
      if (value < 0 || part === 4) return null;
      bytes[part++] = value;
      value = -1;
    } else {
      if (code < 0x30 || code > 0x39 || value === 0) return null;
      value = (value < 0 ? 0 : value * 10) + code - 0x30;
      if (value > 255) return null;
    }
  }
  return part === 4 ? bytes : null;
}

const dot = 0x2e;

/** RFC 7239 puts IPv6 addresses into brackets and quotes, and lists keep that. */
function bare(text: string): string {
  const trimmed = text.trim();
  const [, bracketed, quoted] = /^"(?:\[([^\]"]*)\]|([^[\]"]*))"$/.exec(trimmed) ?? [];
  return (bracketed ?? quoted ?? trimmed).replace(/%.*$/, '');
}

function parse6(address: string): Uint8Array {
  const [head = '', tail] = dottedAsHex(address).split('::');
  const first = groupsOf(head);
  const last = tail === undefined ? [] : groupsOf(tail);
  const bytes = new Uint8Array(16);
  write(bytes, 0, first);
  write(bytes, 16 - 2 * last.length, last);
  return bytes;
}

/** ::ffff:192.0.2.1 is ::ffff:c000:201. */
function dottedAsHex(address: string): string {
  const colonAt = address.lastIndexOf(':');
  const dotted = address.slice(colonAt + 1);
  if (!dotted.includes('.')) return address;
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number);
  return `${address.slice(0, colonAt + 1)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

function write(bytes: Uint8Array, start: number, groups: readonly number[]): void {
  for (const [index, group] of groups.entries()) {
    bytes[start + 2 * index] = group >> 8;
    bytes[start + 2 * index + 1] = group & 0xff;
  }
}

function isMapped(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
}

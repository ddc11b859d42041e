import { isIP } from 'node:net';

/** An address as its 4 or 16 bytes: texts have many spellings, bytes have one. */
export type IpAddress = Uint8Array;

/**
 * An address without a port. An IPv4 address in an IPv6 one (`::ffff:192.0.2.1`, however spelt) is 4 bytes.
 */
export function parseIp(text: string): IpAddress | undefined {
  const zone = text.indexOf('%');
  const plain = zone < 0 ? text : text.slice(0, zone);
  const version = isIP(plain);
  if (version === 0) return undefined;
  if (version === 4) return Uint8Array.from(plain.split('.'), Number);
  const bytes = parseIpv6(plain);
  return isMapped(bytes) ? bytes.slice(12) : bytes;
}

/** The one spelling of RFC 5952. */
export function showIp(address: IpAddress): string {
  if (address.length === 4) return address.join('.');
  const groups = Array.from({ length: 8 }, (_, n) => (address[2 * n]! << 8) | address[2 * n + 1]!);
  const zeros = longestZeros(groups);
  const hex = (some: number[]): string => some.map((group) => group.toString(16)).join(':');
  if (zeros.length < 2) return hex(groups);
  return `${hex(groups.slice(0, zeros.start))}::${hex(groups.slice(zeros.start + zeros.length))}`;
}

/**
 * What stays the same when a device changes its address by itself: all of IPv4, the first 64 bits of IPv6.
 */
export function networkOf(address: IpAddress): Uint8Array {
  return address.length === 4 ? address : address.subarray(0, 8);
}

/** A CIDR range: the addresses whose first bits are the same. */
export interface IpRange {
  address: IpAddress;
  bits: number;
}

/** `10.0.0.0/8`, `2001:db8::/32` or a single address. */
export function parseIpRange(text: string): IpRange | undefined {
  const [found = '', bits, ...rest] = text.split('/');
  const address = parseIp(found);
  if (!address || rest.length > 0) return undefined;
  if (bits === undefined) return { address, bits: address.length * 8 };
  if (!/^\d{1,3}$/.test(bits)) return undefined;
  // Of an IPv4 address in an IPv6 one, the first 96 bits say only that.
  const given = Number(bits) - (address.length === 4 && found.includes(':') ? 96 : 0);
  return given < 0 || given > address.length * 8 ? undefined : { address, bits: given };
}

export function isInRange(address: IpAddress, range: IpRange): boolean {
  if (address.length !== range.address.length) return false;
  const wholeBytes = range.bits >> 3;
  for (let n = 0; n < wholeBytes; n += 1) if (address[n] !== range.address[n]) return false;
  const restBits = range.bits & 7;
  if (restBits === 0) return true;
  return (address[wholeBytes]! ^ range.address[wholeBytes]!) >> (8 - restBits) === 0;
}

function parseIpv6(text: string): Uint8Array {
  const bytes = new Uint8Array(16);
  const [head = '', tail] = text.split('::');
  const first = groupBytes(head);
  bytes.set(first);
  if (tail === undefined) return bytes;
  const last = groupBytes(tail);
  bytes.set(last, 16 - last.length);
  return bytes;
}

function groupBytes(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

function isMapped(bytes: Uint8Array): boolean {
  return bytes[10] === 0xff && bytes[11] === 0xff && bytes.subarray(0, 10).every((byte) => byte === 0);
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > longest.length) longest = { start, length };
  }
  return longest;
}

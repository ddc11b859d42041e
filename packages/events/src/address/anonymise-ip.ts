import { formatAddress } from './format-address.ts';
import { parseAddress } from './parse-address.ts';

export const ipPrivacies = ['truncate', 'drop', 'keep'] as const;
/** truncate: IPv4 to /24, IPv6 to /48. drop: null. keep: the whole address. */
export type IpPrivacy = (typeof ipPrivacies)[number];

/**
 * Null for anything but an IP address, whatever the privacy, else the canonical text. An IPv4-mapped
 * address counts as IPv4. The IPv4 address inside a 6to4 or Teredo address is truncated as well: it would
 * survive a cut at /48.
 */
export function anonymiseIp(ip: string | null, privacy: IpPrivacy = 'truncate'): string | null {
  if (ip === null || privacy === 'drop') return null;
  const bytes = parseAddress(ip);
  if (bytes === null) return null;
  return formatAddress(privacy === 'keep' ? bytes : truncated(bytes));
}

/** The address itself, which nobody else has. */
function truncated(address: Uint8Array): Uint8Array {
  return address.fill(0, keptBytes(address));
}

function keptBytes(address: Uint8Array): number {
  if (address.length === 4) return 3;
  // 6to4 (RFC 3056) has the IPv4 address behind 2002::/16.
  if (address[0] === 0x20 && address[1] === 0x02) return 5;
  // Teredo (RFC 4380) has that of its server behind 2001::/32, and the client's own in the last four bytes.
  if (startsWith(address, [0x20, 0x01, 0, 0])) return 4;
  // NAT64 (RFC 6052) has it in the last four bytes, which go with the cut at /48.
  return 6;
}

function startsWith(address: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, index) => address[index] === byte);
}

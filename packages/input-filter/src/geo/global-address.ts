import { formatAddress, parseAddress } from '@penstock/events';
import { BlockList } from 'node:net';

/** An address that can have a place: its canonical text, its 4 or 16 bytes, and its family. */
export interface GlobalAddress {
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly ipVersion: 4 | 6;
}

/**
 * @returns undefined for what is not an address and for addresses without a place: private, loopback,
 *   link-local, shared (CGN), documentation, multicast, reserved, and the IPv6 transition ranges, where the
 *   place would be that of somebody's relay. An IPv4-mapped IPv6 address, as a dual-stack socket shows IPv4,
 *   counts as IPv4.
 */
export function globalAddress(address: string): GlobalAddress | undefined {
  if (address.includes('%')) return undefined;
  const bytes = parseAddress(address);
  if (bytes === null) return undefined;
  const text = formatAddress(bytes);
  const ipVersion = bytes.length === 4 ? 4 : 6;
  const isSpecial = ipVersion === 4 ? special4.check(text, 'ipv4') : special6.check(text, 'ipv6');
  return isSpecial ? undefined : { text, bytes, ipVersion };
}

/**
 * What is not globally reachable in IANA's special-purpose registries (RFC 6890 and its updates). One list
 * for each family, because a BlockList sees IPv4 addresses as ::ffff:a.b.c.d and would find them below
 * 2000::.
 */
const special4 = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  special4.addSubnet(network, prefix, 'ipv4');
}

const special6 = new BlockList();
for (const [network, prefix] of [
  ['::', 3], // all of it below 2000:: (unspecified, loopback, mapped in hex, NAT64)
  ['2001::', 23], // Teredo, ORCHID, benchmarking
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4
  ['3fff::', 20],
  ['4000::', 2],
  ['8000::', 1],
] as const) {
  special6.addSubnet(network, prefix, 'ipv6');
}

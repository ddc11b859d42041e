import { BlockList, isIP } from 'node:net';

/** Which entries of X-Forwarded-For are believed: only those that our own proxies wrote. */
export type TrustedProxies = { kind: 'hops'; count: number } | { kind: 'ranges'; ranges: BlockList };

export function trustedProxies(hops: number, ranges: readonly string[]): TrustedProxies {
  if (ranges.length === 0) return { kind: 'hops', count: hops };
  const list = new BlockList();
  for (const range of ranges) addRange(list, range);
  return { kind: 'ranges', ranges: list };
}

/** Undefined when `range` is an address or a CIDR range. */
export function addressRangeProblem(range: string): string | undefined {
  try {
    addRange(new BlockList(), range);
    return undefined;
  } catch {
    return `'${range}' is not an address or a CIDR range`;
  }
}

/**
 * The client's address: from the connection inwards, past the trusted proxies. Each proxy appends the address
 * that it saw, so the header is believed from the right, and only as far as trusted proxies wrote it; what a
 * client wrote into it stands further left (mozilla/gcp-ingestion#327: the wrong element made 80 % of traffic
 * Mountain View). Undefined when a trusted proxy wrote no address there: better no place than the proxy's.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | undefined,
  trusted: TrustedProxies,
): string | undefined {
  let current = plainAddress(peer);
  if (forwardedFor === undefined || (trusted.kind === 'hops' && trusted.count === 0)) return current;
  const entries = forwardedFor.split(',');
  for (
    let hop = 0;
    entries.length > 0 && current !== undefined && believes(trusted, current, hop);
    hop += 1
  ) {
    current = plainAddress(entries.pop()!);
  }
  return current;
}

function believes(trusted: TrustedProxies, address: string, hop: number): boolean {
  if (trusted.kind === 'hops') return hop < trusted.count;
  return trusted.ranges.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/**
 * `192.0.2.1:443`, `[2001:db8::1]:443`, `::ffff:192.0.2.1` and `fe80::1%eth0` without what is not the
 * address.
 */
function plainAddress(entry: string): string | undefined {
  const found = entry.trim();
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(found)?.[1] ?? /^([\d.]+):\d+$/.exec(found)?.[1] ?? found;
  const address = bare.replace(/%.*$/, '').toLowerCase();
  const mapped = /^::ffff:([\d.]+)$/.exec(address)?.[1] ?? address;
  return isIP(mapped) === 0 ? undefined : mapped;
}

function addRange(list: BlockList, range: string): void {
  const [address = '', bits, ...rest] = range.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (rest.length > 0) throw new Error('two slashes');
  if (bits === undefined) return list.addAddress(address, family);
  if (!/^\d{1,3}$/.test(bits)) throw new Error('no number of bits');
  list.addSubnet(address, Number(bits), family);
}

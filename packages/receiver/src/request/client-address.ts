import { isInRange, parseIp, parseIpRange, type IpAddress, type IpRange } from './ip-address.ts';

/** Which entries of X-Forwarded-For are believed: only those that our own proxies wrote. */
export type TrustedProxies = { kind: 'hops'; count: number } | { kind: 'ranges'; ranges: readonly IpRange[] };

export function trustedProxies(hops: number, ranges: readonly string[]): TrustedProxies {
  if (ranges.length === 0) return { kind: 'hops', count: hops };
  return { kind: 'ranges', ranges: ranges.flatMap((range) => parseIpRange(range) ?? []) };
}

/** Undefined when `range` is an address or a CIDR range. */
export function addressRangeProblem(range: string): string | undefined {
  return parseIpRange(range) ? undefined : `'${range}' is not an address or a CIDR range`;
}

/**
 * The client's address: from the connection outwards, past the trusted proxies. Each proxy appends the
 * address that it saw, so the header is believed from the right, and only as far as trusted proxies wrote it.
 * What a client wrote into it stands further left (mozilla/gcp-ingestion#327: the wrong element made 80 % of
 * traffic Mountain View). Undefined when a trusted proxy wrote no address there: no place is better than the
 * proxy's.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | undefined,
  trusted: TrustedProxies,
): IpAddress | undefined {
  let current = parseIp(peer);
  if (forwardedFor === undefined || (trusted.kind === 'hops' && trusted.count === 0)) return current;
  const entries = forwardedFor.split(',');
  for (let hop = 0; entries.length > 0 && current && believes(trusted, current, hop); hop += 1) {
    current = forwardedAddress(entries.pop()!);
  }
  return current;
}

function believes(trusted: TrustedProxies, address: IpAddress, hop: number): boolean {
  if (trusted.kind === 'hops') return hop < trusted.count;
  return trusted.ranges.some((range) => isInRange(address, range));
}

/** An entry of the list: an address, perhaps with a port, in brackets or in quotes. */
function forwardedAddress(entry: string): IpAddress | undefined {
  const trimmed = entry.trim();
  const found = /^"(.*)"$/.exec(trimmed)?.[1]?.trim() ?? trimmed;
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(found)?.[1] ?? /^([\d.]+):\d+$/.exec(found)?.[1] ?? found;
  return parseIp(bare);
}

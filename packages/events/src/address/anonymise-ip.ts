import { isIP } from 'node:net';

export const ipPrivacies = ['truncate', 'drop', 'keep'] as const;
/** truncate: IPv4 to /24, IPv6 to /48. drop: null. keep: the whole address. */
export type IpPrivacy = (typeof ipPrivacies)[number];

/** Null for anything but an IP address, whatever the privacy. An IPv4-mapped IPv6 address counts as IPv4. */
export function anonymiseIp(ip: string | null, privacy: IpPrivacy = 'truncate'): string | null {
  if (ip === null || privacy === 'drop') return null;
  const address = ip.toLowerCase().startsWith('::ffff:') && ip.includes('.') ? ip.slice(7) : ip;
  const family = isIP(address);
  if (family === 0) return null;
  if (privacy === 'keep') return address;
  return family === 4 ? `${address.slice(0, address.lastIndexOf('.'))}.0` : ipv6To48(address);
}

/** The first three of the eight groups, the rest zero. A zone (%eth0) is not part of the address. */
function ipv6To48(address: string): string {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const last = tail === '' ? [] : tail.split(':');
    // A dotted IPv4 tail stands for two groups; they are beyond the first three or zero would not fit
    // before them.
    const width = last.length + (tail.includes('.') ? 1 : 0);
    while (groups.length + width < 8) groups.push('0');
    groups.push(...last);
  }
  const kept = groups.slice(0, 3).map((group) => Number.parseInt(group, 16).toString(16));
  while (kept.at(-1) === '0') kept.pop();
  return `${kept.join(':')}::`;
}

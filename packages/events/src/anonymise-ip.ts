export const ipPrivacies = ['truncate', 'drop', 'keep'] as const;
/** truncate: IPv4 to /24, IPv6 to /48. drop: null. keep: as it is, in canonical text. */
export type IpPrivacy = (typeof ipPrivacies)[number];

/** Null for what is not an IP address, whatever the privacy. */
export function anonymiseIp(ip: string | null, privacy: IpPrivacy = 'truncate'): string | null {
  throw new Error(`not written yet ${ip} ${privacy}`);
}

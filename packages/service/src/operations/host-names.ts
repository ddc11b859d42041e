import { isIP } from 'node:net';

/** Names that no public DNS server answers for, so that no stranger's page can be served under them. */
const privateSuffix = /\.(localhost|local|internal|home\.arpa|test)$/;

/**
 * Whether a request may name this Host. A browser that reads a stranger's page sends the stranger's name,
 * even when that name was made to lead to this machine (DNS rebinding). An address, a name without a dot
 * and one of a private domain cannot be a stranger's; others must be configured.
 */
export function answersTo(host: string | undefined, configured: readonly string[]): boolean {
  if (host === undefined) return true; // HTTP/1.0: no browser
  const name = nameOf(host.toLowerCase());
  if (name === undefined) return false;
  if (isIP(name) !== 0 || !name.includes('.') || privateSuffix.test(name)) return true;
  return configured.some((known) => known.toLowerCase() === name);
}

/** Without the port, the brackets and the dot of the root. Undefined: no host at all. */
function nameOf(host: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+?)\.?)(?::\d{1,5})?$/.exec(host);
  return match?.[1] ?? match?.[2];
}

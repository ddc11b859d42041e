/**
 * The path of ours that an unknown one ends in, whatever its slashes and capitals: a base URL with a slash
 * too many, with a folder, or with the route in it already. It tells nobody a path that they have not
 * written.
 */
export function meantPath(path: string, ours: readonly string[]): string | undefined {
  const plain = path.replaceAll(/\/+/g, '/').replace(/\/$/, '').toLowerCase();
  return ours.find((known) => plain.endsWith(known.toLowerCase()));
}

import { knownFamilies, knownNames } from './known-families.ts';
import { didYouMean, nearest } from './nearest.ts';

/** Kubernetes injects such names into every container for a service called e.g. "penstock-receiver". */
const injected = /(_HOST|_PORT|_SERVICE_PORT_[A-Z0-9_]+|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|ADDR|PORT))?)$/;

/**
 * Variables that look like ours and that nobody reads: a mistyped name must not be a silent default. In the
 * families of this service (`prefixes`) only `own` names are right. A name of another known family is
 * another service's business, and one that is in no family is refused. Each problem names what was probably
 * meant.
 */
export function unknownNames(
  names: readonly string[],
  own: readonly string[],
  prefixes: readonly string[],
): string[] {
  const known = new Set<string>([...own, ...knownNames]);
  const others = knownFamilies.filter((family) => !prefixes.some((prefix) => family.startsWith(prefix)));
  return names.flatMap((name) => {
    if (known.has(name) || injected.test(name) || others.some((family) => name.startsWith(family))) return [];
    const near = looksLikeOurs(name) ? meant(name, [...known], [...others, ...prefixes]) : undefined;
    // Another program may have a name like ours: only one that we can make sense of is a mistake.
    if (near === undefined && !/^penstock/i.test(name)) return [];
    return [`${name}: no such knob${didYouMean(near)}`];
  });
}

/** PENSTOCK_..., also in lower case, with another separator, or with one mistake in the first word. */
function looksLikeOurs(name: string): boolean {
  const [first = '', second] = name.split('_', 2);
  return /^penstock/i.test(name) || (second !== undefined && nearest(first, ['PENSTOCK'], 1) !== undefined);
}

/** Few edits, for a whole name is long: two that have little in common may be only four apart. */
function meant(name: string, known: readonly string[], families: readonly string[]): string | undefined {
  const near = (editsMax: number) => nearest(name, known, editsMax);
  return near(2) ?? sameWords(name, known) ?? near(3) ?? inNearestFamily(name, families);
}

/** The same words in another order, or all but one of them: RECEIVER_LINGER for RECEIVER_LINGER_MS. */
function sameWords(name: string, known: readonly string[]): string | undefined {
  const written = new Set(name.split('_'));
  return known.find((candidate) => {
    const words = new Set(candidate.split('_'));
    return written.symmetricDifference(words).size <= 1;
  });
}

/** The rest of the name is the other service's: it is kept as it is. */
function inNearestFamily(name: string, families: readonly string[]): string | undefined {
  const [first = '', second = '', ...rest] = name.split('_');
  if (rest.length === 0) return undefined;
  const family = nearest(`${first}_${second}_`, families, 3);
  const whole = `${family}${rest.join('_')}`;
  return family === undefined || whole === name ? undefined : whole;
}

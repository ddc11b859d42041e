import { linkOfLedger } from '../names.ts';

/** What a topic of the link may be called in the configuration: `name`, `name:24`, `/pattern/`. */
export const entrySyntax = /^([A-Za-z0-9._-]{1,249}|\/[^/]+\/)(:[1-9]\d{0,4})?$/;

/** Also the answer to a glob, such as `events.*`. */
export const entryInWords = 'a name, name:24, or a pattern between slashes such as /events[.].*/';

/** A topic that the configuration wants, by name alone. */
export interface WantedName {
  readonly name: string;
  /** Target partitions to keep for it; undefined: as many as the source has. */
  readonly width: number | undefined;
}

/** Sentences about entries that are no regular expressions; empty when all are. */
export function patternProblems(entries: readonly string[]): string[] {
  return entries.flatMap((entry) => {
    const { source } = partsOf(entry);
    if (source === undefined) return [];
    try {
      new RegExp(source, 'u');
      return [];
    } catch (error) {
      return [`${entry}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
}

/**
 * Topics that are wanted by their exact name, whether they exist or not. What a pattern never finds is taken
 * here, even `__consumer_offsets`: somebody has typed it.
 */
export function exactNames(entries: readonly string[]): WantedName[] {
  return entries.flatMap((entry) => {
    const { name, width } = partsOf(entry);
    return name === undefined ? [] : [{ name, width }];
  });
}

/**
 * Topics that are wanted: those of exact names, and those among the source's whose whole name a pattern
 * matches and no entry of `denied` does. A pattern never matches what belongs to Kafka or to mirrors: names
 * that begin with `__`, ledgers and the topics beside them, and copies that a link with prefix naming has
 * made there, since two clusters would copy each other's copies for ever.
 */
export function wantedTopics(
  entries: readonly string[],
  denied: readonly string[],
  sourceNames: readonly string[],
): WantedName[] {
  const exact = exactNames(entries);
  const known = new Set(exact.map(({ name }) => name));
  const links = sourceNames.flatMap((name) => linkOfLedger(name) ?? []);
  const open = sourceNames.filter(
    (name) =>
      !known.has(name) &&
      !name.startsWith('__') &&
      !name.startsWith('mirror.') &&
      !links.some((link) => name.startsWith(`${link}.`)) &&
      !denied.some((entry) => matches(entry, name)),
  );
  const found = open.sort().flatMap((name) => {
    const entry = entries.find((each) => partsOf(each).source !== undefined && matches(each, name));
    return entry === undefined ? [] : [{ name, width: partsOf(entry).width }];
  });
  return [...exact, ...found];
}

/** Patterns that match none of the topics that were found. */
export function emptyPatterns(entries: readonly string[], found: readonly WantedName[]): string[] {
  return entries.filter(
    (entry) => partsOf(entry).source !== undefined && !found.some(({ name }) => matches(entry, name)),
  );
}

interface Parts {
  readonly name?: string;
  /** Of a pattern. */
  readonly source?: string;
  readonly width: number | undefined;
}

function partsOf(entry: string): Parts {
  const [, what = '', width] = entrySyntax.exec(entry) ?? [];
  const parts = { width: width === undefined ? undefined : Number(width.slice(1)) };
  return what.startsWith('/') ? { ...parts, source: `^(?:${what.slice(1, -1)})$` } : { ...parts, name: what };
}

function matches(entry: string, name: string): boolean {
  const { name: exact, source } = partsOf(entry);
  return source === undefined ? exact === name : new RegExp(source, 'u').test(name);
}

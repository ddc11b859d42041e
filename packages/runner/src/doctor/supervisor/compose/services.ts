import type { Tags } from 'yaml';
import { interpolate } from './variables.ts';

export type Mapping = Readonly<Record<string, unknown>>;

/** A service as the file, its documents and what it extends make it together. */
export interface ComposeService {
  name: string;
  settings: Mapping;
  /** What could not be followed, in words. */
  unread: string[];
}

export interface ComposeFile {
  services: ComposeService[];
  /** Parts of the project in other files, which nobody has read. */
  included: string[];
}

/** Reads another file that this one names; undefined when it is not there. */
export type ReadBeside = (path: string) => string | undefined;

/** Enough for any file that a person has written, and an end to one that unfolds without bound. */
const aliasesMax = 10_000;
const extendsMax = 20;

/**
 * Parses a compose file (https://github.com/compose-spec/compose-spec): several documents are merged in
 * their order.
 */
export async function readServices(
  text: string,
  values: ReadonlyMap<string, string>,
  beside: ReadBeside,
): Promise<ComposeFile> {
  // Not before it is needed: the other questions are answered without it.
  const { parseAllDocuments } = await import('yaml');
  const parse = (source: string): Mapping => {
    const parsed = parseAllDocuments(source, { merge: true, customTags, logLevel: 'error' });
    const documents = Array.isArray(parsed) ? parsed : [];
    return documents.reduce<Mapping>((all, document) => {
      const [error] = document.errors;
      if (error) throw new Error(error.message);
      return merged(all, asMapping(filled(toPlain(document), values)));
    }, {});
  };
  const file = parse(text);
  const services = asMapping(file['services']);
  if (Object.keys(services).length === 0) throw new Error('it has no services');
  const read = Object.entries(services).map(([name, service]): ComposeService => {
    const unread: string[] = [];
    const settings = extended(asMapping(service), { services, parse, beside, unread, depth: 0 });
    return { name, settings, unread };
  });
  return { services: read, included: [file['include']].flat().flatMap(includedPath) };
}

function toPlain(document: { toJS(options: { maxAliasCount: number }): unknown }): unknown {
  try {
    return document.toJS({ maxAliasCount: aliasesMax });
  } catch (error) {
    if (!/alias/i.test((error as Error).message)) throw error;
    throw new Error(`its aliases unfold to more than ${aliasesMax} nodes; no hand-written file does`, {
      cause: error,
    });
  }
}

/** `!reset` takes a setting back, `!override` puts another in its place. */
const resetTag = Symbol('reset');
const customTags: Tags = [
  { tag: '!reset', resolve: () => resetTag },
  { tag: '!reset', collection: 'seq', resolve: () => resetTag },
  { tag: '!reset', collection: 'map', resolve: () => resetTag },
] as unknown as Tags;

interface Extending {
  services: Mapping;
  parse: (text: string) => Mapping;
  beside: ReadBeside;
  unread: string[];
  depth: number;
}

/** A service on top of what it extends, of this file or of another. */
function extended(service: Mapping, around: Extending): Mapping {
  const { services, parse, beside, unread, depth } = around;
  const wanted = service['extends'];
  if (wanted === undefined) return service;
  const name = typeof wanted === 'string' ? wanted : textOf(asMapping(wanted)['service']);
  const path = typeof wanted === 'string' ? undefined : textOf(asMapping(wanted)['file']);
  if (depth > extendsMax) throw new Error(`"extends" goes round in a circle at ${name}`);
  let from = services;
  if (path !== undefined) {
    const text = beside(path);
    if (text === undefined) {
      unread.push(`it extends ${name} of ${path}, which is not here`);
      return service;
    }
    from = asMapping(parse(text)['services']);
  }
  const base = asMapping(from[name ?? '']);
  if (Object.keys(base).length === 0) unread.push(`it extends ${name}, which is not there`);
  return merged(extended(base, { ...around, services: from, depth: depth + 1 }), service);
}

/** Mappings are merged, everything else is replaced; what is reset is gone. */
function merged(under: Mapping, over: Mapping): Mapping {
  const result: Record<string, unknown> = { ...under };
  for (const [name, value] of Object.entries(over)) {
    const below = result[name];
    if (value === resetTag) delete result[name];
    else result[name] = isMapping(below) && isMapping(value) ? merged(below, value) : value;
  }
  return result;
}

function filled(value: unknown, values: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return interpolate(value, values);
  if (Array.isArray(value)) return value.map((each) => filled(each, values));
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, filled(each, values)]));
}

function includedPath(entry: unknown): string[] {
  if (entry === undefined || entry === null) return [];
  const path = isMapping(entry) ? entry['path'] : entry;
  return [path].flat().flatMap((each) => textOf(each) ?? []);
}

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asMapping(value: unknown): Mapping {
  return isMapping(value) ? value : {};
}

export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? value : undefined;
}

import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { unreadableFile } from '../unusable-file.ts';

/** One environment variable: how it is written, read, shown and documented. */
export interface Knob<T> {
  readonly name: string;
  readonly unit: string;
  readonly range: string;
  /** One or two sentences for `example.env`: what it does and why one would change it. */
  readonly why: string;
  readonly fallback: T | undefined;
  readonly required: boolean;
  /** For a required knob: a value to show in `example.env`. */
  readonly example: string;
  /** True for secrets: the value may also come from a file named by `NAME_FILE`, and is never shown. */
  readonly secret: boolean;
  /** Throws an Error whose message says what is expected. */
  parse(text: string): T;
  show(value: T): string;
}

/** A tree of knobs; `ConfigOf` gives the same tree with values. */
export interface Knobs {
  readonly [key: string]: Knob<unknown> | Knobs;
}

export type ConfigOf<K> = {
  readonly [P in keyof K]: K[P] extends Knob<infer T> ? T : ConfigOf<K[P]>;
};

/** Without `default` and without `optional: true` the knob must be set. */
export interface KnobOptions<T> {
  why: string;
  default?: T;
  optional?: true;
  example?: string;
}

type ValueOf<O, T> = O extends { optional: true } ? T | undefined : T;

export interface Listen {
  address: string;
  port: number;
}

export interface FileText {
  path: string;
  text: string;
}

export function isKnob(entry: Knob<unknown> | Knobs): entry is Knob<unknown> {
  return typeof entry['parse'] === 'function';
}

/** A string of 1 to `lengthMax` characters (256), matching `pattern` when given. */
export function text<O extends KnobOptions<string> & { pattern?: RegExp; lengthMax?: number }>(
  name: string,
  o: O,
) {
  const { pattern, lengthMax = 256 } = o;
  return knob<O, string>(name, o, {
    unit: 'text',
    range: pattern ? `${pattern.source}` : `1..${lengthMax} characters`,
    parse(value) {
      if (value.length > lengthMax) throw new Error(`at most ${lengthMax} characters`);
      if (pattern && !pattern.test(value)) throw new Error(`expected ${pattern.source}`);
      return value;
    },
    show: (value) => value,
  });
}

type IntegerOptions = KnobOptions<number> & { min: number; max: number };

/** A whole number in `min..max`. */
export function integer<O extends IntegerOptions & { unit?: string }>(name: string, o: O) {
  return knob<O, number>(name, o, {
    unit: o.unit ?? 'count',
    range: `${o.min}..${o.max}`,
    parse: (value) => within(o.min, o.max, wholeNumber(value), o.unit ?? ''),
    show: String,
  });
}

/** A duration in whole milliseconds; the name ends in `_MS`. */
export function durationMs<O extends IntegerOptions>(name: string, o: O) {
  return integer(name, { ...o, unit: 'ms' });
}

/** A size in bytes: a whole number, or one with KiB, MiB or GiB. */
export function bytes<O extends IntegerOptions>(name: string, o: O) {
  return knob<O, number>(name, o, {
    unit: 'bytes',
    range: `${showBytes(o.min)}..${showBytes(o.max)}`,
    parse(value) {
      const match = /^(\d+)(KiB|MiB|GiB)?$/.exec(value);
      if (!match) throw new Error('expected a size such as 65536, 64KiB or 1MiB');
      const factor = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }[match[2] ?? ''] ?? 1;
      return within(o.min, o.max, Number(match[1]) * factor, 'bytes');
    },
    show: showBytes,
  });
}

/** `true` or `false`, nothing else. */
export function flag<O extends KnobOptions<boolean>>(name: string, o: O) {
  return knob<O, boolean>(name, o, {
    unit: 'flag',
    range: 'true | false',
    parse(value) {
      if (value !== 'true' && value !== 'false') throw new Error('expected true or false');
      return value === 'true';
    },
    show: String,
  });
}

/**
 * Values separated by commas; an empty string is an empty list, unless the list is required. `inWords` says
 * what each of them is, where the pattern does not.
 */
export function list<O extends KnobOptions<readonly string[]> & { pattern?: RegExp; inWords?: string }>(
  name: string,
  o: O,
) {
  const syntax = o.inWords ?? o.pattern?.source;
  return knob<O, readonly string[]>(name, o, {
    unit: 'list',
    range: syntax === undefined ? 'separated by commas' : `${syntax}, separated by commas`,
    parse(value) {
      const items = value.split(',').map((item) => item.trim());
      const bad = items.find((item) => item === '' || (o.pattern && !o.pattern.test(item)));
      if (bad !== undefined)
        throw new Error(`'${bad}' is not ${o.inWords ?? `one of ${syntax ?? 'the values of a list'}`}`);
      return items;
    },
    show: (value) => value.join(','),
  });
}

/** One of the words given. */
export function oneOf<const T extends string, O extends KnobOptions<T>>(
  name: string,
  values: readonly T[],
  o: O,
) {
  return knob<O, T>(name, o, {
    unit: 'word',
    range: values.join(' | '),
    parse(value) {
      const found = values.find((known) => known === value);
      if (found === undefined) throw new Error(`expected ${values.join(' or ')}`);
      return found;
    },
    show: (value) => value,
  });
}

/** `address:port`, `[v6 address]:port`; port 0 takes any free one. The name ends in `LISTEN`. */
export function listen<O extends KnobOptions<Listen>>(name: string, o: O) {
  return knob<O, Listen>(name, o, {
    unit: 'address:port',
    range: 'an IP address of this machine, port 0..65535',
    parse(value) {
      const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(value);
      const address = match?.[1] ?? match?.[2] ?? '';
      if (!match || isIP(address) === 0)
        throw new Error('expected address:port, such as 127.0.0.1:8080 or [::]:8080');
      return { address, port: within(0, 65_535, Number(match[3]), '') };
    },
    show: showListen,
  });
}

/**
 * A secret: from the variable itself, or from the file that `NAME_FILE` names (its last line break is
 * dropped).
 */
export function secret<O extends KnobOptions<string>>(name: string, o: O) {
  return knob<O, string>(name, o, {
    unit: 'secret',
    range: `also as ${name}_FILE`,
    secret: true,
    parse: (value) => value,
    show: () => '(set)',
  });
}

/** A file read once at start; the effective configuration shows its path only. */
export function file<O extends KnobOptions<FileText>>(name: string, o: O) {
  return knob<O, FileText>(name, o, {
    unit: 'path',
    range: 'a readable file',
    parse: (path) => ({ path, text: readText(path) }),
    show: (value) => value.path,
  });
}

/** Throws an error with one sentence that has the path. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(unreadableFile(path, error), { cause: error });
  }
}

export function showListen({ address, port }: Listen): string {
  return isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

interface Kind<T> {
  unit: string;
  range: string;
  secret?: boolean;
  parse(text: string): T;
  show(value: T): string;
}

function knob<O extends KnobOptions<T>, T>(name: string, o: O, kind: Kind<T>): Knob<ValueOf<O, T>> {
  const made: Knob<T> = {
    name,
    why: o.why,
    fallback: o.default,
    required: o.default === undefined && o.optional === undefined,
    example: o.example ?? '',
    secret: false,
    ...kind,
  };
  // An optional knob differs by its absent value only, which neither parse nor show ever meets.
  return made;
}

function wholeNumber(value: string): number {
  if (!/^-?\d{1,15}$/.test(value)) throw new Error('expected a whole number');
  return Number(value);
}

function within(min: number, max: number, value: number, unit: string): number {
  if (value < min || value > max) throw new Error(`expected ${min}..${max}${unit && ` ${unit}`}`);
  return value;
}

function showBytes(value: number): string {
  for (const [unit, size] of [
    ['GiB', 1024 ** 3],
    ['MiB', 1024 ** 2],
    ['KiB', 1024],
  ] as const) {
    if (value >= size && value % size === 0) return `${value / size}${unit}`;
  }
  return String(value);
}

import { type Problems, show } from './problem.ts';

/** Adds what is wrong with a value that stands at `at`. */
export type Shape = (value: unknown, at: string, problems: Problems) => void;

/** An object with these keys and no others. Those of `may` can be left out. */
export function object(
  must: Readonly<Record<string, Shape>>,
  may: Readonly<Record<string, Shape>> = {},
): Shape {
  const names = [...Object.keys(must), ...Object.keys(may)];
  return (value, at, problems) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return problems.error(at, show(value), 'an object', `give it ${names.join(', ')}`);
    }
    const given = value as Record<string, unknown>;
    for (const name of names) {
      const inner = Object.hasOwn(given, name) ? given[name] : undefined;
      const shape = must[name] ?? may[name]!;
      if (inner !== undefined || Object.hasOwn(must, name)) shape(inner, `${at}.${name}`, problems);
    }
    for (const name of Object.keys(given)) {
      if (names.includes(name)) continue;
      const known = names.join(', ');
      problems.error(`${at}.${name}`, 'a name that nobody reads', `one of ${known}`, 'rename or remove it');
    }
  };
}

/** `labelOf` names an element beside its number. */
export function listOf(
  shape: Shape,
  o: { least?: number; labelOf?: (element: unknown) => string | undefined } = {},
): Shape {
  return (value, at, problems) => {
    if (!Array.isArray(value)) return problems.error(at, show(value), 'an array', 'put it into [ ]');
    if (value.length < (o.least ?? 0)) problems.error(at, 'an empty array', 'at least one', 'add one');
    for (const [index, element] of value.entries())
      shape(element, elementAt(at, index, element, o), problems);
  };
}

function elementAt(
  at: string,
  index: number,
  element: unknown,
  o: { labelOf?: (element: unknown) => string | undefined },
): string {
  const label = typeof element === 'object' && element !== null ? o.labelOf?.(element) : undefined;
  return label === undefined ? `${at}[${index}]` : `${at}[${index}] '${label}'`;
}

/** A text that matches, if a pattern is given; `is` says so in words. */
export function text(is: string, pattern = /\S/): Shape {
  return (value, at, problems) => {
    if (typeof value === 'string' && pattern.test(value)) return;
    problems.error(at, show(value), is, `write ${is}`);
  };
}

export function integer(min: number, max: number, is = `an integer from ${min} to ${max}`): Shape {
  return (value, at, problems) => {
    if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return;
    problems.error(at, show(value), is, `write ${is}`);
  };
}

export function oneOf(values: readonly string[]): Shape {
  return (value, at, problems) => {
    if (values.includes(value as string)) return;
    problems.error(at, show(value), `one of ${values.join(', ')}`, 'choose one');
  };
}

export function orNull(shape: Shape): Shape {
  return (value, at, problems) => {
    if (value !== null) shape(value, at, problems);
  };
}

/** A function, written as `signature` says. */
export function fn(signature: string): Shape {
  return (value, at, problems) => {
    if (typeof value === 'function') return;
    problems.error(at, show(value), `a function ${signature}`, 'write that function');
  };
}

export const jsonObject: Shape = (value, at, problems) => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  problems.error(at, show(value), 'an event, as an object', 'write it as the client sends it');
};

/** Any names, each with a value of this shape. */
export function recordOf(shape: Shape): Shape {
  return (value, at, problems) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return problems.error(at, show(value), 'an object', 'write { name: value }, or {} for none');
    }
    for (const [name, inner] of Object.entries(value))
      shape(inner, `${at}[${JSON.stringify(name)}]`, problems);
  };
}

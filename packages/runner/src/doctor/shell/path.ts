import type { Script } from './ast.ts';
import type { OnTermTrap } from './trap.ts';

/** Where a reader of a script stands: what it knows, and what has been started so far. */
export interface Path {
  variables: Map<string, string | undefined>;
  functions: Map<string, Script>;
  positional: readonly string[] | undefined;
  trap: OnTermTrap;
  /** The last command that may be the service, once per path that led here. */
  lasts: string[][];
  jobs: string[][];
  waits: number;
  /** What the shell did with TERM when it waited first. */
  waitTrap: OnTermTrap | undefined;
  /** What a `while` or `until` asks: the service where nothing else lasts. */
  condition: string[] | undefined;
  sourced: string[];
  /**
   * `set -m` was in force: what was started then has a process group of its own. `set +m` does not undo that.
   */
  ownGroups: boolean;
}

export function copy(path: Path): Path {
  return {
    ...path,
    variables: new Map(path.variables),
    functions: new Map(path.functions),
    lasts: [...path.lasts],
    jobs: [...path.jobs],
    sourced: [...path.sourced],
  };
}

/** One path for several that go on alike: what they disagree about is not known any more. */
export function merge(paths: readonly Path[]): Path[] {
  const [first, ...others] = paths;
  if (!first || others.length === 0) return [...paths];
  const key = (path: Path): string => JSON.stringify([path.trap, path.jobs, path.waits]);
  const groups = new Map<string, Path[]>();
  for (const path of paths) groups.set(key(path), [...(groups.get(key(path)) ?? []), path]);
  return [...groups.values()].map((alike) => {
    const merged = copy(alike[0]!);
    for (const other of alike.slice(1)) {
      for (const name of new Set([...merged.variables.keys(), ...other.variables.keys()]))
        if (merged.variables.get(name) !== other.variables.get(name)) merged.variables.set(name, undefined);
      for (const [name, body] of other.functions) merged.functions.set(name, body);
      for (const words of other.lasts)
        if (!merged.lasts.some((each) => each.join('\0') === words.join('\0'))) merged.lasts.push(words);
      merged.condition ??= other.condition;
      merged.ownGroups ||= other.ownGroups;
    }
    return merged;
  });
}

/** `set -m`, `set -em`, `set -o monitor`: job control, which a script has only when it asks for it. */
export function setsMonitor(args: readonly string[]): boolean {
  const options = args.slice(0, args.includes('--') ? args.indexOf('--') : args.length);
  return options.some(
    (option, at) =>
      /^-[a-zA-Z]*m/.test(option) || (option === 'monitor' && /^-\w*o$/.test(options[at - 1] ?? '')),
  );
}

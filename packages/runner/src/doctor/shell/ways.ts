import { withoutAssignments } from '../command/command-words.ts';
import { statementOf, type Command, type Script, type Simple, type Statement } from './ast.ts';
import { parseShell } from './parse.ts';
import { isSoonOver, keepsAlive, looksLikeService } from './passing.ts';
import { asksWhetherAlive, breaks, isEndless, sleepsLong } from './loops.ts';
import { copy, merge, setsMonitor, type Path } from './path.ts';
import { ShellSyntaxError } from './scan.ts';
import { noTrap, readTrap, simpleCommands, type OnTermTrap } from './trap.ts';
import { expand, expandWords, isOpen } from './words.ts';

/**
 * How a script may end up: what lasts, and what the shell does meanwhile. A script has one way per path
 * through it.
 */
export type Way =
  /** The shell is replaced. */
  | { kind: 'exec'; words: string[]; trap: OnTermTrap }
  /** The shell waits for a command in the foreground, and acts on a signal only when that has ended. */
  | { kind: 'foreground'; words: string[]; trap: OnTermTrap; alone: boolean; ownGroup: boolean }
  /**
   * The command runs behind `&`; the shell waits (`wait`), sits in the foreground of something else, or has
   * left.
   */
  | {
      kind: 'job';
      words: string[];
      trap: OnTermTrap;
      shell: 'waits' | 'is kept' | 'leaves';
      waitsAgain: boolean;
      /** It is in a process group of its own (`set -m`). */
      ownGroup: boolean;
    }
  /** The script is a loop, and itself the service. */
  | { kind: 'loop'; trap: OnTermTrap }
  /** Nothing that lasts is started. */
  | { kind: 'nothing' }
  | { kind: 'unknown'; reason: string };

export interface Reading {
  /** $0, $1 ...; undefined when nobody knows them. */
  positional: readonly string[] | undefined;
  /** bash runs an EXIT trap when TERM ends it. */
  bash: boolean;
  /** Started with -m. */
  ownGroups?: boolean;
}

/** Every way that a parsed script may go. Where a variable decides, both; equal ways once. */
export function waysOf(script: Script, { positional, bash, ownGroups = false }: Reading): Way[] {
  const walk = new Walk(bash);
  const start: Path = {
    variables: new Map(),
    functions: new Map(),
    positional,
    trap: noTrap,
    lasts: [],
    jobs: [],
    waits: 0,
    waitTrap: undefined,
    condition: undefined,
    sourced: [],
    ownGroups,
  };
  const simple = loneCommand(script);
  for (const path of walk.script(script, start, 0)) walk.end(path, { alone: simple });
  const seen = new Set<string>();
  const distinct = walk.ways.filter((way) => {
    const key = JSON.stringify(way);
    return seen.has(key) ? false : seen.add(key);
  });
  const lasting = distinct.filter(({ kind }) => kind !== 'nothing');
  if (lasting.length > 0) return lasting;
  const asked = simpleCommands(script, new Map(), 0).find(looksLikeService);
  if (asked === undefined) return [{ kind: 'nothing' }];
  return [{ kind: 'unknown', reason: `starts ${asked[0]} in a condition or a substitution, as its child` }];
}

/** A script of one simple command without redirections, which bash 5 replaces itself by. */
function loneCommand(script: Script): boolean {
  const [only, ...more] = script;
  if (more.length > 0 || only?.commands.length !== 1) return false;
  const { command } = only.commands[0]!;
  return command.kind === 'simple' && !command.redirected;
}

const depthMax = 30;
const stepsMax = 5_000;
const prefixes = new Set(['command', 'builtin', 'time', 'noglob']);

class Walk {
  readonly ways: Way[] = [];
  readonly #bash: boolean;
  readonly #budget: { steps: number };

  constructor(bash: boolean, budget = { steps: stepsMax }) {
    this.#bash = bash;
    this.#budget = budget;
  }

  /** Follows the statements and returns the paths that reach the end of them. */
  script(script: Script, start: Path, depth: number): Path[] {
    let paths = [start];
    for (const statement of script) {
      paths = merge(paths.flatMap((path) => this.#statement(statement, path, depth)));
      if (paths.length === 0) break;
    }
    return paths;
  }

  /** What is left of a path when the script ends. */
  end(path: Path, { alone = false } = {}): void {
    const { jobs, lasts, waits, ownGroups: ownGroup } = path;
    const trap = path.waitTrap ?? path.trap;
    const job = jobs.findLast((words) => !isSoonOver(words) && !keepsAlive(words)) ?? jobs.at(-1);
    const kept = lasts.find(keepsAlive);
    if (job && (waits > 0 || kept))
      return void this.ways.push({
        ...{ kind: 'job', words: job, trap },
        shell: waits > 0 ? 'waits' : 'is kept',
        ...{ waitsAgain: waits > 1, ownGroup },
      });
    const found = lasts.length > 0 ? lasts : path.condition ? [path.condition] : [];
    for (const words of found) this.ways.push({ kind: 'foreground', words, trap, alone, ownGroup });
    if (found.length > 0) return;
    const [sourced] = path.sourced;
    if (job) this.ways.push({ kind: 'job', words: job, trap, shell: 'leaves', waitsAgain: false, ownGroup });
    else if (sourced === undefined) this.ways.push({ kind: 'nothing' });
    else this.ways.push({ kind: 'unknown', reason: `reads ${sourced} into itself, which is not looked at` });
  }

  #statement({ commands, background }: Statement, start: Path, depth: number): Path[] {
    if (--this.#budget.steps < 0) {
      this.ways.push({ kind: 'unknown', reason: 'it has too many ways to follow' });
      return [];
    }
    if (background) {
      for (const words of this.#wordsInside(
        commands.map(({ command }) => command),
        start,
        depth,
      ))
        start.jobs.push(words);
      return [start];
    }
    let paths = [start];
    const before = [...start.lasts];
    for (const { joint, command } of commands) {
      // Behind && and || the command may be left out. Behind && what stands before has failed then: no
      // service.
      const skipped = joint === undefined ? [] : paths.map(copy);
      if (joint === '&&') for (const path of skipped) path.lasts = before;
      paths = merge([...paths.flatMap((path) => this.#command(command, path, depth)), ...skipped]);
    }
    return paths;
  }

  #command(command: Command, path: Path, depth: number): Path[] {
    if (depth > depthMax) {
      this.ways.push({ kind: 'unknown', reason: 'its functions call each other too deeply' });
      return [];
    }
    switch (command.kind) {
      case 'simple':
        return this.#simple(command, path, depth);
      case 'group':
        return this.script(command.body, path, depth + 1);
      case 'function':
        path.functions.set(command.name, command.body);
        return [path];
      case 'pipeline':
      case 'subshell': {
        // Children of the shell: an exec in there replaces only the child.
        const left = command.kind === 'subshell' ? this.#leftBehind(command.body, path, depth) : [];
        path.jobs.push(...left);
        const inside = left.length > 0 ? [] : this.#wordsInside([command], path, depth);
        if (inside.length > 0) path.lasts = inside;
        return [path];
      }
      case 'if':
        return this.#if(command, path, depth);
      case 'case': {
        const paths = command.arms.flatMap(({ body }) => this.script(body, copy(path), depth + 1));
        const complete = command.arms.some(({ patterns }) => patterns.includes('*'));
        return merge(complete ? paths : [...paths, path]);
      }
      case 'loop':
        return this.#loop(command, path, depth);
    }
  }

  #if({ branches, otherwise }: Command & { kind: 'if' }, path: Path, depth: number): Path[] {
    const ends: Path[] = [];
    let waiting = [path];
    for (const { condition, body } of branches) {
      const lasts = waiting.map((each) => each.lasts);
      waiting = waiting.flatMap((each) => this.script(condition, each, depth + 1));
      // What is asked is not the service.
      for (const [index, each] of waiting.entries()) each.lasts = lasts[index] ?? each.lasts;
      ends.push(...waiting.flatMap((each) => this.script(body, copy(each), depth + 1)));
    }
    return merge([
      ...ends,
      ...(otherwise ? waiting.flatMap((each) => this.script(otherwise, each, depth + 1)) : waiting),
    ]);
  }

  #loop({ word, condition, body }: Command & { kind: 'loop' }, path: Path, depth: number): Path[] {
    const asked = condition.flatMap(({ commands }) => commands.map(({ command }) => command));
    const asks = this.#wordsInside(asked, copy(path), depth);
    const endless = isEndless(word, condition) && !breaks(body);
    const inside = copy(path);
    inside.lasts = [];
    const ends = this.script(body, inside, depth + 1);
    const waited = ends.filter(({ waits }) => waits > path.waits);
    // `while kill -0 $P; do wait $P; done`: it waits until the service has ended.
    if (word === 'while' && !endless && waited.length > 0 && asksWhetherAlive(condition))
      return merge(waited.map((end) => ({ ...end, waits: end.waits + 1 })));
    if (!endless) {
      const question = asks.find((words) => !isSoonOver(words));
      if (question) path.condition = question;
      return merge([
        path,
        ...ends.map((end) => ({ ...end, lasts: end.lasts.length > 0 ? end.lasts : path.lasts })),
      ]);
    }
    for (const end of ends) this.#endlessLoop(end, path, body);
    return [];
  }

  /**
   * A loop with long sleeps or a `wait` is a service of its own; one that starts a command over and over is
   * not.
   */
  #endlessLoop(end: Path, before: Path, body: Script): void {
    const job = end.jobs.findLast((words) => !isSoonOver(words));
    const rests = sleepsLong(body) || end.waits > before.waits;
    const { trap, ownGroups: ownGroup } = end;
    const again = { trap, ownGroup, waitsAgain: true } as const;
    if (job && end.waits > 0) this.ways.push({ kind: 'job', words: job, shell: 'waits', ...again });
    else if (job && end.lasts.length === 0)
      this.ways.push({ kind: 'job', words: job, shell: 'is kept', ...again });
    else if (rests || end.lasts.length === 0) this.ways.push({ kind: 'loop', trap });
    else
      for (const words of end.lasts)
        this.ways.push({ kind: 'foreground', words, trap, alone: false, ownGroup });
  }

  #simple({ assignments, words: written }: Simple, path: Path, depth: number): Path[] {
    if (written.length === 0)
      for (const { name, value } of assignments) {
        const text = expand(value, path);
        path.variables.set(name, isOpen(text) ? undefined : text);
      }
    let words = withoutAssignments(expandWords(written, path));
    while (prefixes.has(words[0] ?? '') && !words[1]?.startsWith('-')) words = words.slice(1);
    const [name = '', ...args] = words;
    const called = path.functions.get(name);
    if (called) {
      const positional = path.positional;
      path.positional = [name, ...args];
      const ends = this.script(called, path, depth + 1);
      for (const end of ends) end.positional = positional;
      return ends;
    }
    switch (name) {
      case 'exec':
        return this.#exec(args, path);
      case 'exit':
      case 'return':
        if (name === 'return' && depth > 0) return [path];
        path.lasts = [];
        this.end(path);
        return [];
      case 'trap':
        path.trap = this.#trap(written, args, path) ?? path.trap;
        return [path];
      case 'wait':
        path.waits++;
        path.waitTrap ??= path.trap;
        return [path];
      case 'set':
        if (args[0] === '--') path.positional = [path.positional?.[0] ?? 'sh', ...args.slice(1)];
        path.ownGroups ||= setsMonitor(args);
        return [path];
      case 'fg':
        path.lasts = path.jobs.length > 0 ? [path.jobs.pop()!] : path.lasts;
        return [path];
      case 'shift':
        path.positional = path.positional && [path.positional[0]!, ...path.positional.slice(2)];
        return [path];
      case 'export':
      case 'readonly':
      case 'local':
      case 'declare':
        for (const arg of args) assign(arg, path);
        return [path];
      case '.':
      case 'source':
        path.sourced.push(args[0] ?? '');
        return [path];
      case 'eval':
        return this.#eval(args.join(' '), path, depth);
      default:
        return this.#foreground(words, path);
    }
  }

  /** What stands in double quotes is filled in when the trap is set, not when it runs. */
  #trap(written: readonly string[], args: string[], path: Path): OnTermTrap | undefined {
    const trap = readTrap(args, path.functions, path, this.#bash);
    const early = /^"[^]*\$\{?([A-Za-z_]\w*)/.exec(written[1] ?? '')?.[1];
    if (trap?.kind !== 'acts' || early === undefined || path.variables.has(early)) return trap;
    return { ...trap, other: `what $${early} held when the trap was set, not when it runs` };
  }

  #eval(text: string, path: Path, depth: number): Path[] {
    try {
      return this.script(parseShell(text), path, depth + 1);
    } catch (error) {
      if (!(error instanceof ShellSyntaxError)) throw error;
      this.ways.push({ kind: 'unknown', reason: `evaluates what is not understood: ${text.slice(0, 60)}` });
      return [path];
    }
  }

  #exec(args: string[], path: Path): Path[] {
    let at = 0;
    while (/^-[acl]+$/.test(args[at] ?? '')) at += args[at]!.includes('a') ? 2 : 1;
    const words = args.slice(args[at] === '--' ? at + 1 : at);
    const [program] = words;
    if (program === undefined) return [path]; // only redirections
    if (/^\w+=/.test(program)) {
      const reason = `says exec ${program}: a shell takes that for the program, and does not find it`;
      this.ways.push({ kind: 'unknown', reason });
      return [];
    }
    const job = path.jobs.findLast((each) => !isSoonOver(each));
    const kept = { kind: 'job', shell: 'is kept', waitsAgain: false, ownGroup: path.ownGroups } as const;
    // `service & exec tail -f log`: TERM ends tail, and nobody tells the service.
    const isTail = job !== undefined && keepsAlive(words);
    if (!isTail) this.ways.push({ kind: 'exec', words, trap: path.trap });
    // `java & exec nginx`: two services, of which TERM reaches one.
    if (job && (isTail || looksLikeService(job))) this.ways.push({ ...kept, words: job, trap: noTrap });
    return [];
  }

  #foreground(words: string[], path: Path): Path[] {
    if (keepsAlive(words) || !isSoonOver(words)) path.lasts = [words];
    return [path];
  }

  /** `(service &)`: what a subshell leaves running in the background, where that is all that it does. */
  #leftBehind(body: Script, path: Path, depth: number): string[][] {
    const inner = new Walk(this.#bash, this.#budget);
    const start = { ...copy(path), lasts: [], jobs: [], waits: 0, waitTrap: undefined, condition: undefined };
    for (const end of inner.script(body, start, depth + 1)) inner.end(end);
    const left = inner.ways.flatMap((way) =>
      way.kind === 'job' && way.shell === 'leaves' ? [way.words] : [],
    );
    return left.length === inner.ways.length ? left : [];
  }

  /** The service in commands that run as children of the shell: in the background, a pipe or brackets. */
  #wordsInside(commands: readonly Command[], path: Path, depth: number): string[][] {
    const flat = commands.flatMap((command) => (command.kind === 'pipeline' ? command.commands : [command]));
    const found = flat.flatMap((command): string[][] => {
      const inner = new Walk(this.#bash, this.#budget);
      const start = {
        ...copy(path),
        lasts: [],
        jobs: [],
        waits: 0,
        waitTrap: undefined,
        condition: undefined,
      };
      const body = command.kind === 'subshell' ? command.body : [statementOf(command)];
      for (const end of inner.script(body, start, depth + 1)) inner.end(end);
      return inner.ways.flatMap((way) => ('words' in way ? [way.words] : []));
    });
    const lasting = found.filter((words) => !isSoonOver(words));
    const piped = commands.some(({ kind }) => kind === 'pipeline');
    if (lasting.length > 0) return piped ? [lasting[0]!] : lasting;
    return flat.flatMap((command) =>
      command.kind === 'simple' && !piped ? [expandWords(command.words, path)] : [],
    );
  }
}

function assign(text: string, path: Path): void {
  const [, name, value] = /^(\w+)=([^]*)$/.exec(text) ?? [];
  if (name !== undefined) path.variables.set(name, isOpen(value!) ? undefined : value);
}

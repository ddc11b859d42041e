import type { Hop, OnTerm, ShellFlavour } from '../verdict/hop.ts';
import { parseShell } from '../shell/parse.ts';
import { ShellSyntaxError } from '../shell/scan.ts';
import { simpleCommands, type OnTermTrap } from '../shell/trap.ts';
import { waysOf, type Way } from '../shell/ways.ts';
import { expandWords, isOpen } from '../shell/words.ts';
import { readWords } from './command-words.ts';
import type { Look, Step } from './step.ts';

/** `sh -c LINE NAME ARG...`, `sh FILE ARG...`: one step for each way that the script may go. */
export function unwrapShell(
  name: string,
  args: readonly string[],
  sh: ShellFlavour,
  look: Look,
  fileText?: string,
): Step[] | undefined {
  const flavour = name === 'sh' ? sh : name;
  if (fileText !== undefined)
    return steps({
      ...{ name: fileName(args), flavour, text: fileText },
      positional: args,
      line: false,
      ownGroups: false,
    });
  const { options, rest } = readWords(args, {
    short: 'o:O:abcefhilmnuvxCBEHPT',
    long: ['rcfile', 'init-file'],
  });
  if (options.has('s') || rest.length === 0) {
    const because = 'reads its commands from its input, which nobody knows';
    return [unreadable(name, because)];
  }
  const ownGroups = options.has('m');
  if (options.has('c')) {
    const [text = '', zero = name, ...more] = rest;
    return steps({ name: `${name} -c`, flavour, text, positional: [zero, ...more], line: true, ownGroups });
  }
  const script = look(rest[0]!);
  const text = script === 'no script' ? undefined : script?.text;
  if (text !== undefined)
    return steps({ name: fileName(rest), flavour, text, positional: rest, line: false, ownGroups });
  const because = `runs ${rest[0]}, which is not here to be read: it may exec the service or stay its parent`;
  const settle = `let ${rest[0]} end with exec; or doctor --pid PID of the running service`;
  return [{ hop: { name, onTerm: 'opaque', because, settle, unread: true }, inner: [...rest], last: true }];
}

const fileName = ([path = '']: readonly string[]): string => path.slice(path.lastIndexOf('/') + 1);

interface ShellRun {
  name: string;
  flavour: string;
  text: string;
  positional: readonly string[];
  /** A line of -c: only there bash execs a lone command. Otherwise the script is the file `positional[0]`. */
  line: boolean;
  /** Started with -m. */
  ownGroups: boolean;
}

function steps(run: ShellRun): Step[] {
  try {
    const script = parseShell(run.text);
    const { positional, flavour, ownGroups } = run;
    const ways = waysOf(script, { positional, bash: flavour === 'bash', ownGroups });
    return ways.map((way) => stepOf(way, run));
  } catch (error) {
    if (!(error instanceof ShellSyntaxError)) throw error;
    return [unreadable(run.name, `is not understood: ${error.message}`)];
  }
}

function unreadable(name: string, because: string): Step {
  const hop: Hop = { name, onTerm: 'opaque', because, settle: 'doctor --pid PID of the running service' };
  return { hop, inner: [], last: true };
}

function stepOf(way: Way, run: ShellRun): Step {
  const { name } = run;
  switch (way.kind) {
    case 'unknown':
      return unreadable(name, way.reason);
    case 'nothing':
    case 'loop': {
      const trap: OnTermTrap = way.kind === 'loop' ? way.trap : { kind: 'default' };
      const ownTerm = trap.kind === 'default' ? 'default' : trap.kind === 'ignores' ? 'ignored' : undefined;
      const inner = [name.replace(/ -c$/, ''), ...(run.line ? ['-c', run.text] : [])];
      return { hop: undefined, inner, last: true, needsShell: true, ...(ownTerm && { ownTerm }) };
    }
    case 'exec': {
      const because = 'says exec, so the shell is replaced';
      return {
        hop: { name, onTerm: 'replaces', because },
        inner: way.words,
        needsShell: needs(way.words, run),
        ...(way.trap.kind === 'ignores' && { ownTerm: 'inherited' as const }),
      };
    }
    case 'foreground':
    case 'job': {
      const [onTerm, because, settle] =
        way.kind === 'job' ? jobFate(way) : foregroundFate(way, run.flavour, run.line);
      const file = run.line ? undefined : run.positional[0];
      const hop: Hop = { name, onTerm, because, ...(settle && { settle }), ...(file && { file }) };
      if (onTerm === 'passes-then-kills') hop.killsAfterMs = 0;
      if (way.kind === 'job' && !way.ownGroup) hop.ignoresInt = true;
      if (way.ownGroup) {
        hop.newGroup = true;
        hop.because += '; by set -m the service has a process group of its own';
      }
      return {
        ...{ hop, inner: way.words, needsShell: needs(way.words, run) },
        ...(way.trap.kind === 'ignores' && { ownTerm: 'inherited' as const }),
      };
    }
  }
}

/**
 * The words alone would not do outside of the shell: it fills in variables, or does something else before.
 */
function needs(words: readonly string[], { text, positional }: ShellRun): boolean {
  if (words.some(isOpen) || words.length === 0) return true;
  const line = words.join('\0');
  return simpleCommands(parseShell(text), new Map(), 0).some((written) => {
    const [name = '', ...rest] = expandWords(written, { variables: new Map(), positional });
    const command = name === 'exec' ? rest : [name, ...rest];
    return !noLoss.has(name) && command.join('\0') !== line;
  });
}

/** Commands that nobody misses when the service is started without them. */
const noLoss = new Set(['', 'true', ':', 'exit', 'wait', 'echo', 'trap']);

type Fate = readonly [onTerm: OnTerm, because: string, settle?: string];

function foregroundFate({ trap, alone }: Way & { kind: 'foreground' }, flavour: string, line: boolean): Fate {
  if (trap.kind === 'ignores') return ['ignores', 'ignores TERM, and its child inherits that'];
  if (trap.kind === 'acts')
    return ['ignores', 'runs its trap only when the command in the foreground has ended'];
  if (!alone || !line)
    return ['dies-alone', 'stays as the parent, is ended by TERM, and does not hand it on'];
  const because =
    'has one command without exec: bash replaces itself by it, dash stays as its parent and is ended by ' +
    'TERM alone';
  const replaces = flavour !== 'dash' && flavour !== 'ash';
  return [replaces ? 'replaces' : 'dies-alone', because];
}

function jobFate({ trap, shell, waitsAgain }: Way & { kind: 'job' }): Fate {
  if (shell === 'leaves') return ['detaches', 'starts it with & and leaves; TERM is not handed on'];
  if (trap.kind === 'default')
    return ['dies-alone', 'starts it with & and stays; it is ended by TERM, and does not hand it on'];
  if (trap.kind === 'ignores') return ['ignores', 'ignores TERM, and so does what it starts'];
  if (shell === 'is kept')
    return ['ignores', 'runs its trap only when the command in the foreground has ended'];
  if (trap.kills) return ['passes-then-kills', 'sends KILL from its trap'];
  if (trap.other !== undefined)
    return [
      'unknown',
      `has a trap for TERM that runs: ${trap.other}`,
      'look whether that tells the service, and waits',
    ];
  if (!trap.tells) return ['dies-alone', 'ends by its trap, which does not hand TERM on'];
  if (trap.waits || waitsAgain) return ['passes', 'hands TERM on by its trap, and waits'];
  return [
    'passes-and-leaves',
    'hands TERM on by its trap, and ends without waiting for the end of the service',
  ];
}

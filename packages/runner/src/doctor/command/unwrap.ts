import { basename } from 'node:path';
import type { Chain, Hop, ShellFlavour } from '../judge/hop.ts';
import { readShellScript } from '../shell/shell-script.ts';
import { starters } from './programs.ts';
import { SHELLS } from '../../shell-wrapper.ts';
import { skipOptions, valueOf, withoutAssignments } from './command-words.ts';
import { unwrapSu } from './unwrap-su.ts';

interface Step {
  hop: Hop;
  /** What it starts; empty when the command does not say. */
  inner: string[];
}

/** Follows a command through everything that only starts another one, down to the service. */
export function unwrap(command: readonly string[], sh: ShellFlavour): Chain {
  const hops: Hop[] = [];
  let words = [...command];
  for (let step = nextStep(words, sh); step; step = nextStep(words, sh)) {
    hops.push(step.hop);
    words = step.inner;
  }
  return { hops, service: words };
}

function nextStep(command: string[], sh: ShellFlavour): Step | undefined {
  const [program = '', ...args] = command;
  const name = basename(program);
  if (SHELLS.has(name)) return shellStep(name, args, sh);
  if (name === 'su' || name === 'runuser') return unwrapSu(name, args);
  if (name === 'env') return envStep(args);
  if (name === 'setsid') return setsidStep(args);
  if (name === 'start-stop-daemon') return startStopDaemonStep(args);
  const script = args.slice(skipOptions(args, []));
  if (/^node(js)?$/.test(name) && runnerFile.test(script[0] ?? '')) return runnerStep(script);
  if (runnerFile.test(name)) return runnerStep(args);
  if (/-server-start(\.sh)?$/.test(name) && args.includes('-daemon')) return kafkaDaemonStep(program, args);
  const starter = starters.find(({ names }) => names.includes(name));
  if (!starter) return undefined;
  const { onTerm, because, valued = [], operands = 0 } = starter;
  const at = skipOptions(args, valued);
  const inner = args.slice(at + operands);
  const options = args.slice(0, at);
  if (name === 'sudo') return sudoStep(options, withoutAssignments(inner), because);
  if (name === 'flock' && options.some((arg) => arg === '-F' || arg === '--no-fork'))
    return { hop: { name, onTerm: 'replaces', because: 'replaces itself by the command' }, inner };
  return { hop: { name, onTerm, because, ...userOfOperand(name, args) }, inner };
}

const runnerFile = /(^|\/)penstock-run(\.cjs)?$/;

function shellStep(name: string, args: string[], sh: ShellFlavour): Step | undefined {
  const at = args.findIndex((arg) => /^-[a-z]*c$/.test(arg));
  if (at < 0) return undefined;
  const { kind, words, exec } = readShellScript(args[at + 1] ?? '');
  if (words.length === 0) return undefined;
  const because = {
    lone: exec
      ? 'says exec, so the shell is replaced'
      : 'has one command without exec: bash replaces itself by it, dash stays as its parent and is ended by TERM alone',
    several: 'stays as the parent, is ended by TERM, and does not hand it on',
    background: 'starts it with & and goes on; TERM is not handed on',
  }[kind];
  const replaces = kind === 'lone' && (exec || (name === 'sh' ? sh : name) !== 'dash');
  const onTerm = replaces && name !== 'ash' ? 'replaces' : kind === 'background' ? 'detaches' : 'dies-alone';
  return { hop: { name: `${name} -c`, onTerm: exec ? 'replaces' : onTerm, because }, inner: words };
}

function envStep(args: string[]): Step {
  const inner = withoutAssignments(args.slice(skipOptions(args, ['-u', '--unset', '-C', '--chdir'])));
  return { hop: { name: 'env', onTerm: 'replaces', because: 'replaces itself by the command' }, inner };
}

/** setsid forks when it leads a process group, which a supervisor's child does; with -w it waits, deaf to what it should hand on. */
function setsidStep(args: string[]): Step {
  const waits = args.some((arg) => arg === '-w' || arg === '--wait');
  const hop: Hop = {
    name: 'setsid',
    onTerm: waits ? 'dies-alone' : 'detaches',
    because: waits ? 'waits as the parent and does not hand TERM on' : 'forks and leaves at once',
  };
  return { hop, inner: args.slice(skipOptions(args, [])) };
}

function sudoStep(args: string[], inner: string[], because: string): Step {
  const background = args.some((arg) => arg === '-b' || arg === '--background');
  const user = valueOf(args, ['-u', '--user']);
  const hop: Hop = background
    ? { name: 'sudo -b', onTerm: 'detaches', because: 'starts it in the background and leaves at once' }
    : { name: 'sudo', onTerm: 'passes', because };
  return { hop: user === undefined ? hop : { ...hop, user }, inner };
}

function startStopDaemonStep(args: string[]): Step {
  const background = args.some((arg) => arg === '-b' || arg === '--background');
  const program = valueOf(args, ['-a', '--startas']) ?? valueOf(args, ['-x', '--exec']) ?? '';
  const end = args.indexOf('--');
  const user = valueOf(args, ['-c', '--chuid'])?.split(':')[0];
  const hop: Hop = {
    name: 'start-stop-daemon',
    onTerm: background ? 'detaches' : 'replaces',
    because: background ? 'forks by design and leaves at once' : 'replaces itself by the command',
    ...(user === undefined ? {} : { user }),
  };
  return { hop, inner: [program, ...(end < 0 ? [] : args.slice(end + 1))].filter(Boolean) };
}

function runnerStep(args: string[]): Step {
  const end = args.indexOf('--');
  const user = valueOf(args.slice(0, end < 0 ? args.length : end), ['--user'])?.split(':')[0];
  const hop: Hop = { name: 'penstock-run', onTerm: 'replaces', because: 'becomes the service: same PID' };
  return { hop: user === undefined ? hop : { ...hop, user }, inner: end < 0 ? [] : args.slice(end + 1) };
}

function kafkaDaemonStep(program: string, args: string[]): Step {
  const inner = [program, ...args.filter((arg) => arg !== '-daemon')];
  const because = 'with -daemon starts Kafka in the background and leaves at once';
  return { hop: { name: basename(program), onTerm: 'detaches', because }, inner };
}

function userOfOperand(name: string, args: readonly string[]): { user?: string } {
  const user =
    name === 'chpst'
      ? valueOf(args, ['-u'])
      : name === 'setpriv'
        ? valueOf(args, ['--reuid'])
        : /^(gosu|su-exec|s6-setuidgid|setuidgid)$/.test(name)
          ? args[0]
          : undefined;
  return user === undefined ? {} : { user: user.split(':')[0]! };
}

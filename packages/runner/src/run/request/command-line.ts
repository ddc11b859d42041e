import { isVariableName, parseVariable, type Variable } from './env-file.ts';
import { parseDecimal, parseId, parseUserSpec, type Id, type UserSpec } from '../../id.ts';
import { readOptions, type OptionTable } from '../../options.ts';
import { parseCapabilities, type Capability } from './capabilities.ts';
import { parseLimit, type Limit } from './limits.ts';

/** What the caller asked for, each part valid by itself; nothing is looked up yet. */
export interface Request {
  user: UserSpec | undefined;
  /** Supplementary groups: none, these, or those of the user's account. */
  groups: readonly Id[] | 'of the account' | undefined;
  env: readonly Variable[];
  envFrom: readonly string[];
  keepEnv: readonly string[];
  chdir: string | undefined;
  umask: number | undefined;
  limits: readonly Limit[];
  noNewPrivs: boolean;
  ambientCapabilities: readonly Capability[];
  keepDescriptors: readonly number[];
  pidFile: string | undefined;
  mustRead: readonly string[];
  allowRoot: boolean;
  tty: boolean;
  explain: 'text' | 'json' | undefined;
  command: readonly [string, ...string[]];
}

export type CommandLine =
  | { kind: 'help' }
  | { kind: 'run'; request: Request }
  | { kind: 'wrong'; problems: string[] };

/**
 * --env-from and not --env-file: Node looks for that name, and for its config files, behind the script too,
 * and takes NODE_OPTIONS from the file (nodejs/node#54232; 26.10 still does). Whoever may write the file
 * would run code as root.
 */
const runOptions: OptionTable = {
  '--user': 'value',
  '--groups': 'value',
  '--init-groups': 'flag',
  '--env': 'list',
  '--env-from': 'list',
  '--keep-env': 'list',
  '--chdir': 'value',
  '--umask': 'value',
  '--limit': 'list',
  '--no-new-privs': 'value',
  '--ambient-caps': 'value',
  '--keep-fd': 'value',
  '--pid-file': 'value',
  '--must-read': 'list',
  '--allow-root': 'flag',
  '--tty': 'flag',
  '--explain': 'optional',
  '--help': 'flag',
};

/** Reads the arguments up to the first `--`; what follows is the command, untouched. All problems at once. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const problems: string[] = [];
  const end = args.indexOf('--');
  const options = end < 0 ? args : args.slice(0, end);
  const given = readOptions(options, runOptions, problems);
  if (given.has('--help')) return { kind: 'help' };

  const command = end < 0 ? [] : args.slice(end + 1);
  if (end < 0) problems.push('no -- before the command: penstock-run [OPTIONS] -- COMMAND ARG...');
  else if (!command[0]) problems.push('no command after --');
  if (options.some((text) => /^--env-file(=|$)/.test(text)))
    problems.push('--env-file is read by Node itself, before the drop: say --env-from');
  if (args.some((text) => nodeConfig.test(text))) problems.push(nodeConfigProblem);
  if (args.some((arg) => arg.includes('\uFFFD'))) {
    problems.push('an argument is not UTF-8: Node could not pass it on unchanged');
  }
  const request = readRequest(given, [command[0] ?? '', ...command.slice(1)], problems);
  return problems.length > 0 ? { kind: 'wrong', problems } : { kind: 'run', request };
}

/**
 * Node 24 and 26 act on these even behind `--`, and rewrite them: an argument of the service would choose
 * what runs as root.
 */
const nodeConfig = /^--experimental-(default-)?config-file(=|$)/;
const nodeConfigProblem =
  "--experimental-config-file is taken by the Runner's own Node, and not passed on unchanged: " +
  'put it into a script, and start that';

function readRequest(
  given: Map<string, string[]>,
  command: [string, ...string[]],
  problems: string[],
): Request {
  const list = (name: string) => given.get(name) ?? [];
  const one = <T>(name: string, read: (text: string) => T | string): T | undefined => {
    const text = list(name)[0];
    return text === undefined ? undefined : checked(read(text));
  };
  const many = <T>(name: string, read: (text: string) => T | string): T[] =>
    list(name).flatMap((text) => {
      const value = checked(read(text));
      return value === undefined ? [] : [value];
    });
  const checked = <T>(value: T | string): T | undefined => {
    if (typeof value !== 'string') return value;
    problems.push(value);
    return undefined;
  };
  const groups = one('--groups', readGroups);
  if (groups && given.has('--init-groups')) problems.push('--groups and --init-groups exclude each other');
  return {
    user: one('--user', parseUserSpec),
    groups: groups ?? (given.has('--init-groups') ? 'of the account' : undefined),
    env: many('--env', readVariable),
    envFrom: many('--env-from', readPath('--env-from')).map(({ path }) => path),
    keepEnv: many('--keep-env', readPatterns).flat(),
    chdir: one('--chdir', readPath('--chdir'))?.path,
    umask: one('--umask', readUmask)?.mask,
    limits: many('--limit', parseLimit),
    noNewPrivs: one('--no-new-privs', readSwitch)?.on ?? true,
    ambientCapabilities: one('--ambient-caps', parseCapabilities) ?? [],
    keepDescriptors: one('--keep-fd', readDescriptors) ?? [],
    pidFile: one('--pid-file', readPath('--pid-file'))?.path,
    mustRead: many('--must-read', readPath('--must-read')).map(({ path }) => path),
    allowRoot: given.has('--allow-root'),
    tty: given.has('--tty'),
    explain: one('--explain', readExplain)?.form,
    command,
  };
}

function readGroups(text: string): Id[] | string {
  const groups = text.split(',').map((part) => parseId(part, 'a group of --groups'));
  return (
    groups.find((group) => typeof group === 'string') ?? groups.filter((group) => typeof group !== 'string')
  );
}

function readVariable(text: string): Variable | string {
  return parseVariable(text) ?? '--env needs NAME=VALUE';
}

function readPatterns(text: string): string[] | string {
  const patterns = text.split(',');
  const wrong = patterns.find((pattern) => !isVariableName(pattern.replaceAll('*', '_')));
  return wrong === undefined
    ? patterns
    : `--keep-env: ${JSON.stringify(wrong)} is no name and no pattern like KAFKA_*`;
}

function readDescriptors(text: string): number[] | string {
  const descriptors = text.split(',').map(parseDecimal);
  return descriptors.every((number) => number !== undefined && number > 2 && number < 2 ** 31)
    ? (descriptors as number[])
    : `--keep-fd ${JSON.stringify(text)}: say numbers above 2, like 20,21`;
}

const readPath = (name: string) => (text: string) =>
  text === '' || text.includes('\0') ? `${name} is empty` : { path: text };

function readUmask(text: string): { mask: number } | string {
  return /^0?[0-7]{3}$/.test(text)
    ? { mask: parseInt(text, 8) }
    : `--umask ${JSON.stringify(text)}: say three octal digits`;
}

function readSwitch(text: string): { on: boolean } | string {
  return text === 'on' || text === 'off' ? { on: text === 'on' } : '--no-new-privs is on or off';
}

function readExplain(text: string): { form: 'text' | 'json' } | string {
  if (text === '' || text === 'text') return { form: 'text' };
  return text === 'json' ? { form: 'json' } : '--explain is text or json';
}

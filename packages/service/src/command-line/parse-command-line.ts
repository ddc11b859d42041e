import { parseArgs } from 'node:util';
import { UsageError } from '../errors.ts';
import { didYouMean, nearest } from '../config/nearest.ts';
import type { Flag, Flags } from './command.ts';
import { GivenFlags } from './given-flags.ts';

/** The commands of a program with the flags of each; `always` may stand with all of them. */
export interface Grammar {
  readonly commands: Readonly<Record<string, Flags>>;
  readonly always: Flags;
  /** Commands after which one word may stand that is none of their flags, e.g. a file. */
  readonly operands?: ReadonlySet<string>;
  /** What no command means. Undefined: one is needed. */
  readonly fallback: string | undefined;
}

export type CommandLine =
  | { readonly kind: 'help' }
  | { readonly kind: 'command'; readonly name: string; readonly given: GivenFlags };

/**
 * Reads a command line. `--help`, `-h` and the word `help` win over everything else, wherever they stand.
 * Throws UsageError, which names what is nearest to a word that is unknown.
 */
export function parseCommandLine(args: readonly string[], grammar: Grammar): CommandLine {
  const flags = Object.assign({}, ...Object.values(grammar.commands), grammar.always) as Flags;
  const tokens = tokensOf(args, flags);
  if (tokens.some(asksForHelp)) return { kind: 'help' };
  // First, because the value of a misspelt flag looks like a command.
  for (const token of tokens) if (token.kind === 'option') refuseUnknown(token, Object.keys(flags));
  const { name, operand } = commandOf(tokens, grammar);
  const own: Flags = { ...grammar.commands[name], ...grammar.always };
  const values = new Map<string, string | true>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const flag = own[token.name];
    if (flag === undefined) throw new UsageError(`${name} takes no --${token.name}`);
    if (values.has(token.name)) throw new UsageError(`--${token.name} is given twice`);
    values.set(token.name, valueOf(token, flag));
  }
  return { kind: 'command', name, given: new GivenFlags(values, operand) };
}

type Token = ReturnType<typeof tokensOf>[number];
type OptionToken = Extract<Token, { kind: 'option' }>;

function tokensOf(args: readonly string[], flags: Flags) {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { value }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  return parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

function asksForHelp(token: Token): boolean {
  if (token.kind === 'positional') return token.value === 'help' || token.value === '--help';
  if (token.kind !== 'option') return false;
  // A value that begins with a dash is a forgotten value: `resume --partition --help` asks for help.
  return token.name === 'help' || token.rawName === '-h' || token.value === '--help' || token.value === '-h';
}

function commandOf(
  tokens: readonly Token[],
  { commands, fallback, operands }: Grammar,
): { name: string; operand: string | undefined } {
  const [word, second, third] = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
  // `keys add` is one command in two words.
  const both = second === undefined ? undefined : `${word} ${second}`;
  const isBoth = both !== undefined && Object.hasOwn(commands, both);
  const [name, extra] = isBoth ? [both, third] : [word ?? fallback, second];
  if (name === undefined) throw new UsageError('a command is needed');
  if (!Object.hasOwn(commands, name)) {
    throw new UsageError(
      `unknown command '${name}'${didYouMean(nearest(name, [...Object.keys(commands), 'help']))}`,
    );
  }
  const takesOne = operands?.has(name) === true;
  const tooMuch = takesOne ? third : extra;
  if (tooMuch !== undefined) throw new UsageError(`'${tooMuch}' after ${name} means nothing`);
  return { name, operand: takesOne ? extra : undefined };
}

function refuseUnknown({ name, rawName }: OptionToken, known: readonly string[]): void {
  if (known.includes(name) && rawName.startsWith('--')) return;
  const meant = nearest(name, [...known, 'help']);
  throw new UsageError(`unknown flag ${rawName}${didYouMean(meant && `--${meant}`)}`);
}

function valueOf({ name, value, inlineValue }: OptionToken, flag: Flag): string | true {
  if (flag.value === undefined) {
    if (value !== undefined) throw new UsageError(`--${name} takes no value`);
    return true;
  }
  if (value === undefined || value === '' || (!inlineValue && value.startsWith('-'))) {
    throw new UsageError(`--${name} needs a value: ${flag.value}`);
  }
  return value;
}

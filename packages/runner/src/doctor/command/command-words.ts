/** How a program reads its options, in getopt's own notation. */
export interface OptionSyntax {
  /** Letters; `:` behind one means that it takes a value: "u:g:HE". */
  short?: string;
  /** Long options that take a value, which may be the next word. Others take one only as --name=value. */
  long?: readonly string[];
  /**
   * Words with one dash and several letters that are one option (-daemon), mapped to whether they take a
   * value.
   */
  single?: Readonly<Record<string, boolean>>;
  /** Options may stand behind operands (GNU getopt without `+`). */
  permutes?: boolean;
}

export interface ReadWords {
  /** By letter or long name, without dashes; '' where an option takes no value. */
  options: Map<string, string[]>;
  /** What is no option: operands, and the command with its own options. */
  rest: string[];
}

/** Reads options as getopt_long does: grouped letters, values attached or apart, `--` ends them. */
export function readWords(args: readonly string[], syntax: OptionSyntax): ReadWords {
  const options = new Map<string, string[]>();
  const rest: string[] = [];
  const give = (name: string, value: string) => options.set(name, [...(options.get(name) ?? []), value]);
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === '--') return { options, rest: [...rest, ...args.slice(at + 1)] };
    const single = syntax.single && Object.hasOwn(syntax.single, arg) ? syntax.single[arg] : undefined;
    if (single !== undefined) give(arg.slice(1), single ? (args[++at] ?? '') : '');
    else if (arg.startsWith('--')) {
      const [name = '', ...value] = arg.slice(2).split('=');
      if (value.length > 0) give(name, value.join('='));
      else give(name, syntax.long?.includes(name) ? (args[++at] ?? '') : '');
    } else if (/^-./.test(arg)) {
      const value = readLetters(arg.slice(1), syntax.short ?? '', give);
      if (value) give(value, args[++at] ?? '');
    } else if (syntax.permutes) rest.push(arg);
    else return { options, rest: [...rest, ...args.slice(at)] };
  }
  return { options, rest };
}

/** `Hu` of `-Hu kafka`. Returns the letter whose value is the next word. */
function readLetters(
  letters: string,
  short: string,
  give: (name: string, value: string) => void,
): string | undefined {
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at]!;
    const known = short.indexOf(letter);
    const valued = known >= 0 && short[known + 1] === ':';
    if (!valued) give(letter, '');
    else if (at + 1 < letters.length) {
      give(letter, letters.slice(at + 1));
      return undefined;
    } else return letter;
  }
  return undefined;
}

/** The value of the first of these options that was given. */
export function optionOf({ options }: ReadWords, ...names: string[]): string | undefined {
  return names.map((name) => options.get(name)?.at(-1)).find((value) => value !== undefined);
}

export function hasOption({ options }: ReadWords, ...names: string[]): boolean {
  return names.some((name) => options.has(name));
}

/** Without the `NAME=value` words before a command. */
export function withoutAssignments(words: readonly string[]): string[] {
  const at = words.findIndex((text) => !/^\w+=/.test(text));
  return at < 0 ? [] : words.slice(at);
}

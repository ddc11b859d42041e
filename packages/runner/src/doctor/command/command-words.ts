/** Where the first word that is no option stands. */
export function skipOptions(args: readonly string[], valued: readonly string[]): number {
  let at = 0;
  while (at < args.length) {
    const arg = args[at]!;
    if (arg === '--') return at + 1;
    if (!/^-./.test(arg)) return at;
    at += valued.includes(arg) ? 2 : 1;
  }
  return at;
}

/** `-u kafka`, `-ukafka`, `--user kafka` or `--user=kafka`. */
export function valueOf(args: readonly string[], names: readonly string[]): string | undefined {
  for (const [at, arg] of args.entries()) {
    if (arg === '--') return undefined;
    for (const name of names) {
      if (arg === name) return args[at + 1];
      if (name.startsWith('--') && arg.startsWith(`${name}=`)) return arg.slice(name.length + 1);
      if (!name.startsWith('--') && arg.startsWith(name) && !arg.startsWith('--'))
        return arg.slice(name.length);
    }
  }
  return undefined;
}

/** Without the `NAME=value` words before a command. */
export function withoutAssignments(words: readonly string[]): string[] {
  const at = words.findIndex((text) => !/^\w+=/.test(text));
  return at < 0 ? [] : words.slice(at);
}

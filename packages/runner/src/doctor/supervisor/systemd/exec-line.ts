/**
 * The commands of an ExecStart or ExecStop line, systemd.service(5): several of them may stand between
 * semicolons, each with prefixes. `@` means that the second word is only the name that the program gets.
 */
export function execCommands(line: string): string[][] {
  return splitCommands(unitWords(line)).map((words) => {
    const prefix = /^[@:+!|-]*/.exec(words[0] ?? '')?.[0] ?? '';
    const [program, ...args] = [words[0]?.slice(prefix.length) ?? '', ...words.slice(1)];
    const command = [program, ...(prefix.includes('@') ? args.slice(1) : args)];
    return command.map((word) => word.replaceAll('$$', '$').replaceAll('%%', '%'));
  });
}

function splitCommands(words: readonly string[]): string[][] {
  const commands: string[][] = [[]];
  for (const word of words) {
    if (word === ';') commands.push([]);
    else commands.at(-1)!.push(word);
  }
  return commands.filter((command) => command.length > 0);
}

/** Words as systemd splits them: quotes may stand anywhere, and C's escapes work within them and outside. */
function unitWords(line: string): string[] {
  const words: string[] = [];
  for (let at = 0; at < line.length;) {
    while (/\s/.test(line[at] ?? '')) at++;
    let word = '';
    let quote = '';
    let any = false;
    for (; at < line.length && !(quote === '' && /\s/.test(line[at]!)); any = true) {
      const char = line[at]!;
      if (char === '\\') {
        const [length, text] = escape(line.slice(at));
        word += text;
        at += length;
        continue;
      }
      if (quote === '' && (char === '"' || char === "'")) quote = char;
      else if (char === quote) quote = '';
      else word += char;
      at++;
    }
    if (any) words.push(word);
  }
  return words;
}

const escapedCharacters: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', s: ' ' },
  ...{ '\\': '\\', '"': '"', "'": "'", ';': ';' },
};

/** What stands behind a backslash; what is no escape stays as it is. */
function escape(text: string): [length: number, text: string] {
  const hex = /^\\x([0-9a-fA-F]{2})/.exec(text)?.[1];
  if (hex !== undefined) return [4, String.fromCharCode(parseInt(hex, 16))];
  const known = escapedCharacters[text[1] ?? ''];
  return known === undefined ? [2, text.slice(0, 2)] : [2, known];
}

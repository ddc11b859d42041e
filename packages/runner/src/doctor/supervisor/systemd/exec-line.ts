import { splitWords } from '../../shell/words.ts';

/**
 * The commands of an ExecStart or ExecStop line, systemd.service(5): several of them may stand between
 * semicolons, each with prefixes. `@` means that the second word is only the name that the program gets.
 */
export function execCommands(line: string): string[][] {
  return splitCommands(splitWords(line.trim())).map((words) => {
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

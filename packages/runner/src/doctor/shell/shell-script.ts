import { withoutAssignments } from '../command/command-words.ts';

/** What `sh -c SCRIPT` runs, as far as a stop signal is concerned. */
export interface ShellScript {
  /**
   * lone: one command, which a shell may replace itself by. background: the service runs behind `&`. several: the shell stays
   * for what comes before or after it.
   */
  kind: 'lone' | 'background' | 'several';
  /** The service's command: what is exec'd, stands before `&` or feeds a pipe, otherwise the last. */
  words: string[];
  /** The script says exec, so the shell is replaced for certain. */
  exec: boolean;
}

/**
 * Finds the service in a script. Quotes, backslashes, redirections and comments are known; variables and substitutions are left as
 * they stand. Enough to see who execs; no interpreter.
 */
export function readShellScript(script: string): ShellScript {
  const commands = splitCommands(script);
  const last = withoutAssignments(commands.at(-1)?.words ?? []);
  const piped = commands.findIndex(({ end }) => end === '|');
  if (last[0] === 'exec' && piped < 0) return { kind: 'lone', words: withoutExec(last), exec: true };
  const behind = commands.find(({ end }) => end === '&');
  if (behind) return { kind: 'background', words: withoutAssignments(behind.words), exec: false };
  if (commands.length === 1) return { kind: 'lone', words: last, exec: false };
  const lasting = commands
    .map(({ words: each }) => withoutAssignments(each))
    .filter(([first]) => !TRIVIAL.has(first));
  const words = piped < 0 ? (lasting.at(-1) ?? last) : withoutAssignments(commands[piped]!.words);
  return { kind: 'several', words, exec: false };
}

/** What follows a service in a script and is none: `svc; true`. */
const TRIVIAL = new Set<string | undefined>([undefined, 'true', ':', 'exit', 'wait', 'echo', 'rm', 'sleep']);

/** Words as a unit or a compose file has them: quotes and backslashes, but no operators. */
export function splitWords(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|"(?:[^"\\]|\\[^])*"|\\[^]|[^\s])+?(?=\s|$)/g)].map(([word]) =>
    unquote(word),
  );
}

interface Command {
  words: string[];
  /** The operator behind it: ; && || | & newline, or nothing. */
  end: string;
}

const word = String.raw`(?:'[^']*'|"(?:[^"\\]|\\[^])*"|\\[^]|[^\s;|&<>'"\\])+`;
const token = new RegExp(
  [
    String.raw`(?<space>[^\S\n]+|\\\n)`,
    String.raw`(?<comment>#[^\n]*)`,
    String.raw`(?<redirection>\d*(?:>>|<<|>&|<&|>|<)[^\S\n]*(?:${word})?)`,
    `(?<word>${word})`,
    String.raw`(?<operator>\|\||&&|[^])`,
  ].join('|'),
  'g',
);

function splitCommands(script: string): Command[] {
  const commands: Command[] = [];
  let words: string[] = [];
  for (const { groups = {} } of script.matchAll(token)) {
    if (groups['word'] !== undefined) words.push(unquote(groups['word']));
    if (groups['operator'] === undefined || words.length === 0) continue;
    commands.push({ words, end: groups['operator'] });
    words = [];
  }
  if (words.length > 0) commands.push({ words, end: '' });
  return commands;
}

function unquote(text: string): string {
  return text.replace(/'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])/g, (_, single, double, escaped) => {
    return single ?? double?.replace(/\\(["\\$`\n])/g, '$1') ?? escaped;
  });
}

/** exec, with bash's -a NAME, -c, -l. */
function withoutExec(words: readonly string[]): string[] {
  let at = 1;
  while (/^-[acl]+$/.test(words[at] ?? '')) at += words[at]!.includes('a') ? 2 : 1;
  return withoutAssignments(words.slice(at));
}

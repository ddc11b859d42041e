import { statementOf, type Command, type Script } from './ast.ts';
import { sleepSeconds } from './passing.ts';
import { simpleCommands } from './trap.ts';
import { isOpen } from './words.ts';

/** `while true`, `until false`: a loop that only a break or a signal ends. */
export function isEndless(word: string, condition: Script): boolean {
  const only = condition.length === 1 ? condition[0]!.commands[0]!.command : undefined;
  if (only?.kind !== 'simple') return false;
  const text = only.words.join(' ');
  if (word === 'while')
    return /^(:|true|\/bin\/true|\[ (1|true|: |1 = 1|1 -eq 1) ?\]|\(\( \)\)|sleep .*)$/.test(text);
  return word === 'until' && /^(false|\/bin\/false)$/.test(text);
}

/** What stands within a command. Not a function: that runs only when it is called. */
function scriptsIn(command: Command): Script[] {
  switch (command.kind) {
    case 'simple':
    case 'function':
      return [];
    case 'pipeline':
      return command.commands.map((each) => [statementOf(each)]);
    case 'if':
      return [
        ...command.branches.flatMap(({ condition, body }) => [condition, body]),
        command.otherwise ?? [],
      ];
    case 'case':
      return command.arms.map(({ body }) => body);
    default:
      return [command.body];
  }
}

const commandsOf = (script: Script): Command[] =>
  script.flatMap(({ commands }) => commands.map(({ command }) => command));

/** Whether any simple command in there passes the test; functions are not looked into. */
function anyCommand(script: Script, test: (words: string[]) => boolean): boolean {
  return commandsOf(script).some((command) =>
    command.kind === 'simple'
      ? test(command.words)
      : scriptsIn(command).some((inner) => anyCommand(inner, test)),
  );
}

/** `kill -0 PID`, or a look for its folder in /proc. */
export const asksWhetherAlive = (condition: Script): boolean =>
  condition[0]?.commands[0]?.command.kind === 'simple' &&
  anyCommand(
    condition,
    (words) => (words[0] === 'kill' && words.includes('-0')) || words.some((word) => word.includes('/proc/')),
  );

export const breaks = (body: Script): boolean => anyCommand(body, ([name]) => name === 'break');

const longSleepSeconds = 30;
export const sleepsLong = (body: Script): boolean =>
  anyCommand(
    body,
    (words) =>
      (sleepSeconds(words) ?? (isOpen(words[1] ?? '') && words[0] === 'sleep' ? 60 : 0)) >= longSleepSeconds,
  );

/** Whether it sleeps within a loop, or calls a function that does: a wait of a length that is not read. */
export function sleepsInLoop(script: Script, functions: ReadonlyMap<string, Script>, depth = 0): boolean {
  if (depth > 20) return false;
  return commandsOf(script).some((command) => {
    if (command.kind === 'loop')
      return simpleCommands(command.body, functions, depth + 1).some(([name]) => name === 'sleep');
    const called = command.kind === 'simple' ? functions.get(command.words[0] ?? '') : undefined;
    const inside = called ? [called] : scriptsIn(command);
    return inside.some((each) => sleepsInLoop(each, functions, depth + 1));
  });
}

import type { Command, Script } from './ast.ts';
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

/** Whether any simple command in there passes the test; functions are not looked into. */
function anyCommand(script: Script, test: (words: string[]) => boolean): boolean {
  const of = (command: Command): boolean => {
    switch (command.kind) {
      case 'simple':
        return test(command.words);
      case 'pipeline':
        return command.commands.some(of);
      case 'if':
        return (
          command.branches.some(({ condition, body }) => anyCommand([...condition, ...body], test)) ||
          anyCommand(command.otherwise ?? [], test)
        );
      case 'case':
        return command.arms.some(({ body }) => anyCommand(body, test));
      case 'function':
        return false;
      default:
        return anyCommand(command.body, test);
    }
  };
  return script.some(({ commands }) => commands.some(({ command }) => of(command)));
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
  const of = (command: Command): boolean => {
    switch (command.kind) {
      case 'loop':
        return simpleCommands(command.body, functions, depth + 1).some(([name]) => name === 'sleep');
      case 'simple': {
        const called = functions.get(command.words[0] ?? '');
        return called !== undefined && sleepsInLoop(called, functions, depth + 1);
      }
      case 'pipeline':
        return command.commands.some(of);
      case 'if':
        return [
          ...command.branches.flatMap(({ condition, body }) => [condition, body]),
          command.otherwise ?? [],
        ].some((each) => sleepsInLoop(each, functions, depth + 1));
      case 'case':
        return command.arms.some(({ body }) => sleepsInLoop(body, functions, depth + 1));
      case 'function':
        return false;
      default:
        return sleepsInLoop(command.body, functions, depth + 1);
    }
  };
  return script.some(({ commands }) => commands.some(({ command }) => of(command)));
}

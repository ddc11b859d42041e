import type { Command, Script } from './ast.ts';
import { readKill } from './kill.ts';
import { parseShell } from './parse.ts';
import { isSoonOver } from './passing.ts';
import { ShellSyntaxError } from './scan.ts';
import { expand, expandWords, isOpen, type Known } from './words.ts';

/** What a shell does with TERM: nothing said, ignored, or an action. */
export type OnTermTrap =
  | { kind: 'default' }
  | { kind: 'ignores' }
  | {
      kind: 'acts';
      tells: boolean;
      waits: boolean;
      kills: boolean;
      exits: boolean;
      other: string | undefined;
    };

export const noTrap: OnTermTrap = { kind: 'default' };

/**
 * Reads `trap ACTION SIGNAL...`; undefined when it says nothing of TERM. bash runs an EXIT trap on TERM as
 * well; dash does not, and for `sh` nobody knows.
 */
export function readTrap(
  args: readonly string[],
  functions: ReadonlyMap<string, Script>,
  known: Known,
  runsExitTrap: boolean,
): OnTermTrap | undefined {
  const [first = '', ...rest] = args.filter((arg) => arg !== '--');
  const isAction = rest.length > 0 && first !== '-';
  const signals = isAction || first === '-' ? rest : [first];
  const names = signals.map((signal) => signal.toUpperCase().replace(/^SIG/, ''));
  const hit = names.includes('TERM') || names.includes('15');
  if (!hit && !(runsExitTrap && (names.includes('EXIT') || names.includes('0')))) return undefined;
  if (!isAction) return noTrap;
  const action = expand(first, { variables: new Map(), positional: undefined });
  if (action.trim() === '') return { kind: 'ignores' };
  return readAction(action, functions, known);
}

function readAction(action: string, functions: ReadonlyMap<string, Script>, known: Known): OnTermTrap {
  const does: OnTermTrap & { kind: 'acts' } = {
    kind: 'acts',
    tells: false,
    waits: false,
    kills: false,
    exits: false,
    other: undefined,
  };
  let script: Script;
  try {
    script = parseShell(action);
  } catch (error) {
    if (!(error instanceof ShellSyntaxError)) throw error;
    return { ...does, other: action };
  }
  for (const words of simpleCommands(script, functions, 0)) {
    const expanded = expandWords(words, known);
    const [name = ''] = expanded;
    const killing = readKill(expanded);
    if (killing?.signal === 'KILL') does.kills = true;
    else if (killing && isOpen(killing.signal)) does.other ??= expanded.join(' ');
    else if (killing) does.tells = true;
    else if (name === 'wait' || (name === 'sleep' && does.tells)) does.waits = true;
    else if (name === 'exit') does.exits = true;
    else if (!isSoonOver(expanded)) does.other ??= expanded.join(' ');
  }
  return does;
}

/** Every simple command in there, whatever the conditions; of functions, those that are called. */
export function simpleCommands(
  script: Script,
  functions: ReadonlyMap<string, Script>,
  depth: number,
): string[][] {
  if (depth > 20) return [];
  const of = (command: Command): string[][] => {
    switch (command.kind) {
      case 'simple': {
        const called = functions.get(command.words[0] ?? '');
        return called ? simpleCommands(called, functions, depth + 1) : [command.words];
      }
      case 'pipeline':
        return command.commands.flatMap(of);
      case 'subshell':
      case 'group':
        return simpleCommands(command.body, functions, depth + 1);
      case 'loop':
        return simpleCommands([...command.condition, ...command.body], functions, depth + 1);
      case 'if': {
        const all = command.branches.flatMap(({ condition, body }) => [...condition, ...body]);
        return simpleCommands([...all, ...(command.otherwise ?? [])], functions, depth + 1);
      }
      case 'case':
        return command.arms.flatMap(({ body }) => simpleCommands(body, functions, depth + 1));
      case 'function':
        return [];
    }
  };
  return script.flatMap(({ commands }) => commands.flatMap(({ command }) => of(command)));
}

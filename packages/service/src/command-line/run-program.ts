import type { Knobs } from '../config/knobs.ts';
import type { Environment } from '../config/read-config.ts';
import { runService, type ChassisKnobs } from '../run-service.ts';
import type { Flags } from './command.ts';
import { explain } from './explain.ts';
import type { GivenFlags } from './given-flags.ts';
import { parseCommandLine } from './parse-command-line.ts';
import { commandsOf, type Program } from './program.ts';
import { print } from './print.ts';
import { usageText } from './usage.ts';

/**
 * The whole of a service's main: reads the command line, then runs the service (`run`, or no command) or
 * one of its commands. Sets the exit code: 0 done or stopped, 1 failed or refused, 2 wrong usage or
 * configuration. An expected error is one message on standard error, an unexpected one a stack.
 */
export async function runProgram<K extends Knobs & ChassisKnobs>(program: Program<K>): Promise<void> {
  const { name, about, prefix, flags: always = {} } = program;
  const commands = commandsOf(program);
  const run = { about: 'runs the service until SIGTERM; so does no command at all' };
  const usage = usageText({ name, about, commands: { run, ...commands }, always, notes: notesOf(prefix) });
  const flagsOf = Object.entries(commands).map(([command, { flags = {} }]) => [command, flags]);
  const operands = new Set(
    Object.keys(commands).filter((command) => commands[command]?.operand !== undefined),
  );
  const grammar = {
    commands: { run: {}, ...Object.fromEntries(flagsOf) },
    always,
    operands,
    fallback: 'run',
  };
  try {
    const line = parseCommandLine(process.argv.slice(2), grammar);
    if (line.kind === 'help') return print(usage);
    const env = environmentOf(line.given, always);
    const command = commands[line.name];
    if (command === undefined) return await runService(program, env);
    const { text, exitCode } = await command.run(env, line.given);
    process.exitCode = exitCode;
    print(`${text}\n`);
  } catch (error) {
    const { exitCode, message } = explain(error, usage);
    process.exitCode = exitCode;
    process.stderr.write(`${message}\n`);
  }
}

function notesOf(prefix: string): string[] {
  return [
    `Everything else is configured by the environment (${prefix}...); example.env of the package lists it.`,
    'Exit codes: 0 done or stopped, 1 failed or refused, 2 wrong usage or configuration.',
  ];
}

/** A flag may stand in for a variable. */
function environmentOf(given: GivenFlags, flags: Flags): Environment {
  const instead = Object.entries(flags).flatMap(([flag, { insteadOf }]) => {
    const value = given.text(flag);
    return insteadOf === undefined || value === undefined ? [] : [[insteadOf.name, value] as const];
  });
  return { ...process.env, ...Object.fromEntries(instead) };
}

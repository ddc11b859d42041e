import type { Environment } from '../config/read-config.ts';
import type { Command, CommandOutcome } from './command.ts';
import { explain } from './explain.ts';
import type { GivenFlags } from './given-flags.ts';
import { parseCommandLine } from './parse-command-line.ts';
import { print } from './print.ts';
import { usageText } from './usage.ts';

/** A program that does one thing and ends, for an operator at a terminal. */
export interface Tool extends Pick<Command<never>, 'about' | 'flags'> {
  /** How it is started, e.g. `npm run topics --`. */
  readonly name: string;
  readonly synopsis: string;
  readonly notes: readonly string[];
  act(env: Environment, given: GivenFlags): Promise<CommandOutcome>;
}

/** The whole of a tool's main, with the flags, the help and the exit codes that services have. */
export async function runTool(tool: Tool): Promise<void> {
  const { name, about, synopsis, flags = {}, notes } = tool;
  const usage = usageText({ name, about, commands: { '': { about, synopsis, flags } }, always: {}, notes });
  try {
    const grammar = { commands: { '': flags }, always: {}, fallback: '' };
    const line = parseCommandLine(process.argv.slice(2), grammar);
    if (line.kind === 'help') return print(usage);
    const { text, exitCode } = await tool.act(process.env, line.given);
    process.exitCode = exitCode;
    if (text !== '') print(`${text}\n`);
  } catch (error) {
    const { exitCode, message } = explain(error, usage);
    process.exitCode = exitCode;
    process.stderr.write(`${message}\n`);
  }
}

import { RefusedError } from '../errors.ts';
import type { ConfigOf, Knobs } from '../config/knobs.ts';
import { readServiceConfig, type Environment } from '../config/read-config.ts';
import type { ChassisKnobs, ServiceDefinition } from '../run-service.ts';
import { askOperations } from './ask-operations.ts';
import type { Command, CommandOutcome, Flags, FreeCommand } from './command.ts';
import type { GivenFlags } from './given-flags.ts';

/** A service with everything that an operator may ask of it. */
export interface Program<K extends Knobs & ChassisKnobs> extends ServiceDefinition<K> {
  /** What it does, in a sentence. */
  readonly about: string;
  /** Beside `run`. Every program has `status` and `resume`; those given here replace the usual ones. */
  readonly commands?: Readonly<Record<string, Command<ConfigOf<K>> | FreeCommand>>;
  /** Flags of every command, `run` included. */
  readonly flags?: Flags;
}

export interface ReadyCommand extends Pick<FreeCommand, 'about' | 'synopsis' | 'flags' | 'operand'> {
  run(env: Environment, given: GivenFlags): Promise<CommandOutcome>;
}

/** All commands but `run`, each ready to be given its environment. */
export function commandsOf<K extends Knobs & ChassisKnobs>(
  program: Program<K>,
): Readonly<Record<string, ReadyCommand>> {
  const own = Object.entries(program.commands ?? {}).map(([name, command]) => [
    name,
    'free' in command ? unconfigured(command) : configured(program, command),
  ]);
  return { status: usualStatus(program), resume: nothingToResume(program), ...Object.fromEntries(own) };
}

function configured<K extends Knobs & ChassisKnobs>(
  program: Program<K>,
  command: Command<ConfigOf<K>>,
): ReadyCommand {
  return {
    ...command,
    async run(env, given) {
      const done = await command.act(readServiceConfig(program, env), given);
      return typeof done === 'string' ? { text: done, exitCode: 0 } : done;
    },
  };
}

function unconfigured(command: FreeCommand): ReadyCommand {
  return {
    ...command,
    async run(env, given) {
      const done = await command.free(env, given);
      return typeof done === 'string' ? { text: done, exitCode: 0 } : done;
    },
  };
}

function usualStatus({ name, knobs }: Program<Knobs & ChassisKnobs>): ReadyCommand {
  return {
    about:
      'says whether the running service is ready, and what it is doing; ends with 1 when it is not ready',
    run: (env) => askOperations(name, knobs.operationsListen, env),
  };
}

function nothingToResume({ name }: Pick<Program<Knobs & ChassisKnobs>, 'name'>): ReadyCommand {
  return {
    about: `nothing here can be resumed: ${name} keeps no position that could be paused`,
    async run() {
      throw new RefusedError(
        `nothing to resume: ${name} keeps no position that could be paused. ` +
          `It goes on by itself; "${name} status" says what it waits for.`,
      );
    },
  };
}

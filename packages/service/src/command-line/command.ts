import type { Knob } from '../config/knobs.ts';
import type { Environment } from '../config/read-config.ts';
import type { GivenFlags } from './given-flags.ts';

/** A flag of a command: `--name`, or `--name VALUE` when it takes one. */
export interface Flag {
  /** How the usage shows the value, e.g. `N` or `TOPIC-N`. Without it the flag is a switch. */
  readonly value?: string;
  readonly about: string;
  /** The value stands in for this variable of the environment. */
  readonly insteadOf?: Pick<Knob<unknown>, 'name'>;
}

export type Flags = Readonly<Record<string, Flag>>;

/** What an operator may ask of a service beside running it. */
export interface Command<Config> {
  /** Starts with a small letter: it stands after the command's name. */
  readonly about: string;
  /** How its flags go together, e.g. `--partition P (--from N | --skip-gap)`. */
  readonly synopsis?: string;
  readonly flags?: Flags;
  /** Returns what standard output shows. Throws UsageError for flags that do not go together. */
  act(config: Config, given: GivenFlags): Promise<string | CommandOutcome>;
}

/** A command that needs none of the service's configuration, e.g. because it runs where no broker is. */
export interface FreeCommand extends Pick<Command<never>, 'about' | 'synopsis' | 'flags'> {
  /** How the usage shows the one word that may follow the command, e.g. `FILE`. Undefined: none may. */
  readonly operand?: string;
  free(env: Environment, given: GivenFlags): Promise<string | CommandOutcome>;
}

/**
 * For a command that answers and still ends with 1 (the status of a service that is not ready), or 2 (it
 * cannot tell).
 */
export interface CommandOutcome {
  readonly text: string;
  readonly exitCode: 0 | 1 | 2;
}

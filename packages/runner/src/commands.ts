import type * as Doctor from './doctor/doctor.ts';
import { isRefusal, Refusal, reasonOf } from './refusal.ts';
import { checkAsUser } from './run/become/check-in-child.ts';
import { run } from './run/run.ts';
import { say } from './say.ts';
import { stop } from './stop/stop.ts';

/** Each takes what follows its name, and returns the exit code. */
const commands: Readonly<Record<string, (args: readonly string[]) => number | Promise<number>>> = {
  run,
  doctor,
  stop,
  'check-as-user': checkAsUser,
};

/**
 * The first word names the command, as in `penstock-run stop`. Without a name it is `run`, whose options
 * all start with `--`. Nothing is awaited before `run`: it has to exec on the first turn, before Node
 * starts anything of its own.
 */
export async function dispatch(args: readonly string[]): Promise<void> {
  const [name = '', ...rest] = args;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  try {
    process.exitCode = await (command ? command(rest) : run(args));
  } catch (error) {
    const known = isRefusal(error);
    say(known ? error.message : `unexpected: ${String(error)}`);
    process.exitCode = known ? error.exitCode : 125;
  }
}

/** The doctor is a file of its own, which build.mjs puts beside this one. Nothing else loads it. */
async function doctor(args: readonly string[]): Promise<number> {
  let beside: typeof Doctor;
  try {
    beside = await import('./doctor/doctor.ts');
  } catch (error) {
    if (reasonOf(error) !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Refusal('penstock-doctor.cjs is not beside penstock-run.cjs', 125, error);
  }
  return beside.doctor(args);
}

import { ambientArguments } from '../plan/ambient.ts';
import type { Plan } from '../plan/plan.ts';
import { Refusal, reasonOf } from '../../refusal.ts';
import type { PidFile } from '../../pid-file.ts';
import { resetSignals } from './signals.ts';

/**
 * What execve gets: the command itself, or setpriv, which sets no_new_privs and execs it in the same
 * process.
 */
export function execArguments(plan: Plan, executable: string): [file: string, ...args: string[]] {
  const command = [executable, ...plan.command.slice(1)] as const;
  const { target, ambient } = plan;
  if (ambient) {
    const rights = plan.noNewPrivs === 'off' ? [] : ['--no-new-privs'];
    return [ambient.setpriv, ...rights, ...ambientArguments(target, ambient), '--', ...command];
  }
  if (!(plan.noNewPrivs instanceof Object)) return [...command];
  const clear = target.drop && target.uid !== 0 ? ['--inh-caps=-all'] : [];
  return [plan.noNewPrivs.setpriv, '--no-new-privs', ...clear, '--', ...command];
}

/**
 * Replaces this process. Returns only by throwing. Node 24 aborts instead, and setpriv has only its exit code
 * to tell, so findExecutable and checkExec look for every reason beforehand.
 */
export function executeAs(plan: Plan, executable: string, pidFile: PidFile | undefined): never {
  const [file, ...args] = execArguments(plan, executable);
  resetSignals();
  try {
    process.execve?.(file, [file, ...args], plan.environment);
  } catch (error) {
    const code = reasonOf(error);
    pidFile?.takeBack();
    throw new Refusal(`${file} cannot be executed: ${code}`, code === 'ENOENT' ? 127 : 126, error);
  }
  throw new Refusal('execve returned');
}

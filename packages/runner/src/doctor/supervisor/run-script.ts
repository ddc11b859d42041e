import { chainsOf } from '../command/chains.ts';
import type { Look } from '../command/step.ts';
import type { Situation } from '../verdict/situation.ts';
import { plainSupervisor } from '../verdict/situation.ts';

/**
 * The `run` script of a service directory of runit, s6 or daemontools. Their supervisors hold the one process
 * that they start, and send KILL only when they are told to.
 */
export function readRunScript(path: string, text: string): Situation {
  const [interpreter = '', ...options] =
    /^#![ \t]*(.*)/
      .exec(text)?.[1]
      ?.trim()
      .split(/[ \t]+/) ?? [];
  if (interpreter === '') throw new Error('it has no #! line: a run script is executed');
  const look: Look = (asked) =>
    asked === path ? { interpreter: 'sh', text: text.replace(/^#!.*/, '') } : undefined;
  // with-contenv and its kin start the shell that follows them.
  const words = [interpreter, ...options].filter((word) => !/(^|\/)(env|with-contenv)$/.test(word));
  return {
    subject: path,
    supervisor: plainSupervisor('other', 'the supervisor of its folder'),
    chains: chainsOf([...words, path], look),
    remarks: [],
    rests: [{ basis: 'assumed', text: 'nobody tells it to kill: sv force-stop, s6-svc -k, timeout-kill' }],
  };
}

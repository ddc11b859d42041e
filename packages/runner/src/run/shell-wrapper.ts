import { basename } from 'node:path';

const SHELLS = new Set(['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh']);

/**
 * `sh -c "service"` may keep the shell as the parent: TERM then ends the shell and orphans the service (dash always does, bash execs
 * a lone command). Undefined when the command is no such thing or says exec.
 */
export function shellWrapperProblem([program, ...args]: readonly string[]): string | undefined {
  const at = args.findIndex((arg) => /^-[a-z]*c$/.test(arg));
  if (!SHELLS.has(basename(program ?? '')) || at < 0) return undefined;
  const script = args[at + 1] ?? '';
  if (/(^|[;&|\n]\s*)\s*exec\s/.test(script)) return undefined;
  return `${basename(program ?? '')} -c without exec: the shell may stay between the supervisor and the service, and TERM would orphan it`;
}

import type { ConditionalChain } from '../judge/situation.ts';
import { unwrap } from './unwrap.ts';

/** The chain of a command in a file. Where it depends on what `sh` is, both: the file does not tell the distribution. */
export function chainsOf(command: readonly string[]): ConditionalChain[] {
  const bash = unwrap(command, 'bash');
  const dash = unwrap(command, 'dash');
  if (JSON.stringify(bash) === JSON.stringify(dash)) return [{ condition: undefined, chain: bash }];
  return [
    { condition: 'where sh is bash (Red Hat, CentOS)', chain: bash },
    { condition: 'where sh is dash (Debian, Ubuntu)', chain: dash },
  ];
}

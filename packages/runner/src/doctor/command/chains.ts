import type { Chain } from '../verdict/hop.ts';
import type { ConditionalChain } from '../verdict/situation.ts';
import type { Look } from './step.ts';
import { unwrapAll } from './unwrap.ts';

/**
 * The chains of a command in a file. Where they depend on what `sh` is, both: the file does not say the
 * system.
 */
export function chainsOf(command: readonly string[], look?: Look): ConditionalChain[] {
  const bash = unwrapAll(command, 'bash', look);
  const dash = unwrapAll(command, 'dash', look);
  if (JSON.stringify(bash) === JSON.stringify(dash)) return paths(bash);
  return [
    ...paths(bash, 'where sh is bash (Red Hat, CentOS)'),
    ...paths(dash, 'where sh is dash (Debian, Ubuntu)'),
  ];
}

function paths(chains: readonly Chain[], condition?: string): ConditionalChain[] {
  return chains.map((chain) => ({ condition, chain }));
}

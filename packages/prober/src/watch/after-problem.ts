import type { PositionProblem } from '@penstock/kafka';

/**
 * Where a log is read on after records were gone. `anew`: it is another log, or has lost its end, so that
 * what was seen in it may rightly come once more. One that lost its end goes on before `to`; so does another
 * log that has no topic id to tell by.
 */
export function afterProblem({ kind, from, to }: Pick<PositionProblem, 'kind' | 'from' | 'to'>): {
  offset: bigint;
  anew: boolean;
} {
  if (kind === 'recreated') return { offset: 0n, anew: true };
  if (kind === 'truncated' || kind === 'beyond-end') return { offset: from, anew: true };
  return { offset: to, anew: false };
}

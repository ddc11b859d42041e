import type { PositionProblem } from '@penstock/kafka';

/** Why a partition is paused, and where it could go on. Other partitions are not affected. */
export interface Pause {
  readonly kind: 'paused';
  readonly code: PauseCode;
  /** What was found, for a human. */
  readonly detail: string;
  /**
   * Where `input-filter resume --from` would lose and double nothing, or as little as is still possible; null
   * when nobody knows.
   */
  readonly resumeAt: bigint | null;
  /**
   * The operator's choice that led here, if one did; see PositionMetadata. Only another one ends the pause.
   */
  readonly chosenAtMs?: number | null;
}

export type PauseCode =
  | 'offsets-lost'
  | 'offsets-behind-output'
  | 'raw-overtaken'
  | 'beyond-raw-end'
  | 'raw-recreated'
  | 'raw-truncated'
  | 'raw-corrupt'
  /** Or seen is not written: `detail` names the topic. */
  | 'rejected-not-written'
  | 'seen-corrupt'
  | 'clean-corrupt';

export function pause(code: PauseCode, detail: string, resumeAt: bigint | null): Pause {
  return { kind: 'paused', code, detail, resumeAt };
}

/** What the Kafka core found while it fetched raw. */
export function pauseForRaw({ kind, detail, from, to }: PositionProblem): Pause {
  switch (kind) {
    case 'overtaken':
      return pause('raw-overtaken', detail, to);
    case 'recreated':
      return pause('raw-recreated', detail, 0n);
    case 'beyond-end':
      return pause('beyond-raw-end', detail, null);
    case 'corrupt':
    case 'old-format':
      // Where the end of what cannot be read is known, the records after it are fine.
      return pause('raw-corrupt', detail, to > from ? to : null);
    case 'truncated':
      return pause('raw-truncated', detail, from);
  }
}

/**
 * What a takeover needs to read and cannot. It goes on at the committed offset, but then nobody knows the
 * ids that a batch of seen held: a second copy of their events passes.
 */
export function pauseForOutput(
  code: 'seen-corrupt' | 'clean-corrupt',
  { detail }: PositionProblem,
  { committed }: { readonly committed: bigint | null },
): Pause {
  return pause(code, detail, committed);
}

/**
 * Whether only an operator can end the pause. The committed offset and the ends of the logs do not show what
 * was found while filtering, so looking at them again would start the partition into the same trouble.
 */
export function needsAnOperator({ code }: Pause): boolean {
  return forOperators.has(code);
}

const forOperators = new Set<PauseCode>([
  'raw-truncated',
  'raw-corrupt',
  'rejected-not-written',
  'seen-corrupt',
  'clean-corrupt',
]);

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
}

export type PauseCode =
  | 'offsets-lost'
  | 'offsets-behind-output'
  | 'raw-overtaken'
  | 'beyond-raw-end'
  | 'raw-recreated'
  | 'raw-truncated'
  | 'raw-corrupt'
  | 'rejected-not-written';

export function pause(code: PauseCode, detail: string, resumeAt: bigint | null): Pause {
  return { kind: 'paused', code, detail, resumeAt };
}

/** What the Kafka core found while it fetched raw. */
export function pauseFor({ kind, detail, from, to }: PositionProblem): Pause {
  switch (kind) {
    case 'overtaken':
      return pause('raw-overtaken', detail, to);
    case 'recreated':
      return pause('raw-recreated', detail, 0n);
    case 'beyond-end':
      return pause('beyond-raw-end', detail, null);
    case 'corrupt':
    case 'old-format':
      // Where the end of what cannot be read is known, the records behind it are fine.
      return pause('raw-corrupt', detail, to > from ? to : null);
    case 'truncated':
      return pause('raw-truncated', detail, from);
  }
}

/**
 * Whether only an operator can end the pause. The committed offset and the ends of the logs do not show what
 * was found while filtering, so looking at them again would start the partition into the same trouble.
 */
export function needsAnOperator({ code }: Pause): boolean {
  return code === 'raw-truncated' || code === 'raw-corrupt' || code === 'rejected-not-written';
}

/** What Kafka says about one partition when it is assigned. */
export interface PositionEvidence {
  /** The group's committed offset; null when there is none. */
  readonly committed: bigint | null;
  /** An operator has chosen this position (`input-filter resume`): output beyond it is no reason to halt. */
  readonly chosen: boolean;
  /** The topic id that the committed offset was made for, when its metadata says so. */
  readonly committedTopicId: string | null;
  readonly rawTopicId: string;
  readonly rawStart: bigint;
  readonly rawEnd: bigint;
  /** Whether seen-p or clean-p was ever written: the end offset is above 0. */
  readonly written: boolean;
  /**
   * Everything below is certainly filtered: the last committed record of seen says so, or origin.offset of clean's last one.
   * null when neither holds a readable record any more.
   */
  readonly proven: bigint | null;
}

export type StartingPosition =
  | { readonly kind: 'continue'; readonly offset: bigint }
  /** Nothing was ever filtered: commit this offset before anything else, then begin there. */
  | { readonly kind: 'first-start'; readonly offset: bigint }
  | Halt;

/** The partition is not read until an operator has decided; every other one goes on. */
export interface Halt {
  readonly kind: 'halt';
  readonly code:
    | 'offsets-lost'
    | 'offsets-behind-output'
    | 'raw-overtaken'
    | 'beyond-raw-end'
    | 'raw-recreated'
    | 'raw-truncated'
    | 'raw-corrupt'
    | 'rejected-not-written';
  /** For a human: what was found. */
  readonly detail: string;
  /** Where `input-filter resume --from` would lose and double nothing (or as little as still possible); null: nobody knows. */
  readonly resumeAt: bigint | null;
}

/**
 * Where to begin reading a partition of raw. There is no automatic reset: a position that is gone, or that contradicts
 * what the output proves, halts the partition and names the position to resume from. A pure table, tested as one.
 */
export function startingPosition(e: PositionEvidence): StartingPosition {
  if (e.committed === null) {
    if (!e.written) return { kind: 'first-start', offset: e.rawStart };
    const proof =
      e.proven === null
        ? 'no output is left that tells how far'
        : `the output goes up to raw offset ${e.proven - 1n}`;
    return halt(
      'offsets-lost',
      `no committed offset, but the partition was filtered before: ${proof}`,
      e.proven,
    );
  }
  if (e.committedTopicId !== null && e.committedTopicId !== e.rawTopicId) {
    const detail = `the committed offset ${e.committed} is for topic id ${e.committedTopicId}, the topic is now ${e.rawTopicId}`;
    return halt('raw-recreated', detail, e.rawStart);
  }
  if (e.committed > e.rawEnd) {
    const detail = `committed offset ${e.committed} is beyond the end of raw, ${e.rawEnd}: raw was truncated or created anew`;
    return halt('beyond-raw-end', detail, null);
  }
  if (e.committed < e.rawStart) {
    const missing = `raw records ${e.committed} to ${e.rawStart - 1n} were deleted before they were filtered`;
    return halt('raw-overtaken', missing, e.rawStart);
  }
  if (e.proven !== null && e.proven > e.committed && !e.chosen) {
    const detail = `committed offset ${e.committed} is behind the output, which goes up to raw offset ${e.proven - 1n}: offsets were reset`;
    return halt('offsets-behind-output', detail, e.proven);
  }
  return { kind: 'continue', offset: e.committed };
}

export function halt(code: Halt['code'], detail: string, resumeAt: bigint | null): Halt {
  return { kind: 'halt', code, detail, resumeAt };
}

/** What the fetcher or the broker found while filtering; the committed offset and the ends of the logs do not show it. */
export function needsAnOperator({ code }: Halt): boolean {
  return code === 'raw-truncated' || code === 'raw-corrupt' || code === 'rejected-not-written';
}

import { pause, type Pause } from './pause.ts';

/** What Kafka says about the offsets of one partition when it is assigned. */
export interface Offsets {
  /** The group's committed offset; null when there is none. */
  readonly committed: bigint | null;
  /** An operator has chosen this position (`input-filter resume`): output beyond it is no reason to pause. */
  readonly chosen: boolean;
  /** The topic id that the committed offset was made for, when its metadata says so. */
  readonly committedTopicId: string | null;
  readonly rawTopicId: string;
  readonly rawStart: bigint;
  readonly rawEnd: bigint;
  /** Whether seen-p or clean-p was ever written: the end offset is above 0. */
  readonly written: boolean;
  /**
   * Everything below this offset is certainly filtered: the last committed record of seen says so, or
   * origin.offset of the last one of clean. null when neither topic holds a readable record any more.
   */
  readonly proven: bigint | null;
}

export type StartingPosition =
  | { readonly kind: 'continue'; readonly offset: bigint }
  /** Nothing was ever filtered: commit this offset before anything else, then begin there. */
  | { readonly kind: 'first-start'; readonly offset: bigint }
  | Pause;

/**
 * Where to begin, or why not: the offsets, and whether what they rest on can be read. What was found first
 * is not all that an operator has to know, when the end of the output cannot be read either.
 *
 * @param unreadable why the end of the output cannot be read, unless an operator has accepted it.
 */
export function judgeStart({
  offsets,
  unreadable,
}: {
  readonly offsets: Offsets;
  readonly unreadable: Pause | null;
}): StartingPosition {
  const decided = startingPosition(offsets);
  if (unreadable === null || decided.kind === 'first-start') return decided;
  if (decided.kind === 'continue') return unreadable;
  return { ...decided, detail: `${decided.detail}; ${unreadable.detail}` };
}

/**
 * Where to begin reading a partition of raw. There is no automatic reset: when a position is gone, or
 * contradicts what the output proves, the partition pauses and names the offset to resume from. A pure table,
 * tested as one.
 */
export function startingPosition(e: Offsets): StartingPosition {
  const { committed, rawStart, rawEnd, proven } = e;
  if (committed === null) return withoutPosition(e);
  if (e.committedTopicId !== null && e.committedTopicId !== e.rawTopicId) {
    const detail =
      `the committed offset ${committed} is for topic id ${e.committedTopicId}, ` +
      `but the topic's id is now ${e.rawTopicId}`;
    return pause('raw-recreated', detail, rawStart);
  }
  if (committed > rawEnd) {
    const detail =
      `the committed offset ${committed} lies beyond the end of raw, ${rawEnd}: ` +
      'raw was truncated or created anew';
    return pause('beyond-raw-end', detail, null);
  }
  if (committed < rawStart) {
    const detail = `raw records ${committed} to ${rawStart - 1n} were deleted before they were filtered`;
    return pause('raw-overtaken', detail, rawStart);
  }
  if (proven !== null && proven > committed && !e.chosen) {
    const detail =
      `the committed offset ${committed} is behind the output, which goes up to raw offset ${proven - 1n}: ` +
      'the offsets were reset';
    return pause('offsets-behind-output', detail, proven);
  }
  return { kind: 'continue', offset: committed };
}

function withoutPosition({ written, rawStart, proven }: Offsets): StartingPosition {
  if (!written) return { kind: 'first-start', offset: rawStart };
  const proof = proven === null ? 'no output is left that shows how far' : `up to raw offset ${proven - 1n}`;
  const detail = `there is no committed offset, but the partition was filtered before: ${proof}`;
  return pause('offsets-lost', detail, proven);
}

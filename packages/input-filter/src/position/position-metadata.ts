/**
 * What the committed offset of a partition says besides the number, as its metadata. Kafka allows 4 KiB by
 * default.
 */
export interface PositionMetadata {
  /**
   * The raw topic that the offset is for. A topic that was created anew under the same name is another one.
   */
  readonly topicId: string | null;
  /**
   * Highest received_at up to there: where the time of the stream goes on. 0 when unknown.
   */
  readonly streamTimeMs: number;
  /**
   * When an operator has set this offset (`input-filter resume`), ms since 1970: it tells one choice from the
   * next. null when nobody has.
   */
  readonly chosenAtMs: number | null;
  /** null when nothing was accepted, or when it is older than the window. */
  readonly seenAccepted: SeenAccepted | null;
}

/** An operator has accepted that ids of seen are not known. */
export interface SeenAccepted {
  /** A topic that was created anew under the same name is another one: nothing of it was accepted. */
  readonly topicId: string;
  /** What cannot be read below this offset is skipped. */
  readonly below: bigint;
}

/** @param problem a batch of seen that cannot be read. @param below of SeenAccepted. */
export function isAccepted(problem: { readonly from: bigint }, below: bigint | null | undefined): boolean {
  return typeof below === 'bigint' && problem.from < below;
}

export function writePositionMetadata(metadata: PositionMetadata): string {
  const { seenAccepted } = metadata;
  return JSON.stringify({
    topic: metadata.topicId,
    time: metadata.streamTimeMs,
    ...(metadata.chosenAtMs !== null && { chosen: true, at: metadata.chosenAtMs }),
    ...(seenAccepted && { seen: String(seenAccepted.below), seenTopic: seenAccepted.topicId }),
  });
}

/** Metadata that we did not write, because another tool reset the offsets, tells nothing. */
export function readPositionMetadata(text: string | null): PositionMetadata {
  const unknown = { topicId: null, streamTimeMs: 0, chosenAtMs: null, seenAccepted: null };
  if (text === null || text === '') return unknown;
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read !== 'object' || read === null) return unknown;
    const { topic, time, chosen, at, seen, seenTopic } = read as Record<string, unknown>;
    return {
      topicId: typeof topic === 'string' ? topic : null,
      streamTimeMs: typeof time === 'number' && time > 0 ? time : 0,
      chosenAtMs: chosen === true ? (typeof at === 'number' ? at : 0) : null,
      seenAccepted:
        typeof seen === 'string' && /^\d{1,19}$/.test(seen) && typeof seenTopic === 'string'
          ? { topicId: seenTopic, below: BigInt(seen) }
          : null,
    };
  } catch {
    return unknown;
  }
}

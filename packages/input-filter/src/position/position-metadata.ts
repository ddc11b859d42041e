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
  /** An operator has set this offset (`input-filter resume`). */
  readonly chosen: boolean;
}

export function writePositionMetadata(metadata: PositionMetadata): string {
  return JSON.stringify({
    topic: metadata.topicId,
    time: metadata.streamTimeMs,
    ...(metadata.chosen && { chosen: true }),
  });
}

/** Metadata that we did not write, because another tool reset the offsets, tells nothing. */
export function readPositionMetadata(text: string | null): PositionMetadata {
  const unknown = { topicId: null, streamTimeMs: 0, chosen: false };
  if (text === null || text === '') return unknown;
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read !== 'object' || read === null) return unknown;
    const { topic, time, chosen } = read as Record<string, unknown>;
    return {
      topicId: typeof topic === 'string' ? topic : null,
      streamTimeMs: typeof time === 'number' && time > 0 ? time : 0,
      chosen: chosen === true,
    };
  } catch {
    return unknown;
  }
}

/** What the committed offset of a partition says beside the number, as its metadata (at most 4 KiB by Kafka's default). */
export interface PositionMetadata {
  /** The raw topic that the offset is for: a topic created anew under the same name is another one. */
  readonly topicId: string | null;
  /** Highest received_at until there: how far back the de-duplication window must be rebuilt. 0: unknown. */
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

/** Anything else than what we write (another tool reset the offsets) says nothing. */
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

import type { PartitionPosition, Pause } from './positions.ts';

/** What the source says of a partition now. */
export interface SourceState {
  readonly topicId: string;
  /** Log start. */
  readonly earliest: bigint;
  /** High watermark. */
  readonly end: bigint;
}

/** What the target says of the partition that the copies go to. */
export interface TargetState {
  readonly end: bigint;
}

export type Judgement =
  | { readonly kind: 'fetch' }
  /** The topic is gone from the source; its position is kept. */
  | { readonly kind: 'retired' }
  | { readonly kind: 'paused'; readonly pause: Pause; readonly detail: string };

/**
 * May this position be fetched from? There is no automatic reset anywhere: a position that is not certainly right pauses
 * its partition, with the exact range, until an operator answers. A truncation is not seen here but by the first fetch,
 * which carries the leader epoch of the last batch (KIP-595's diverging epoch).
 */
export function judgePosition(
  recorded: PartitionPosition,
  source: SourceState | undefined,
  target: TargetState,
): Judgement {
  if (recorded.pause !== null) {
    return { kind: 'paused', pause: recorded.pause, detail: 'waits for an answer: mirror resume' };
  }
  if (source === undefined) return { kind: 'retired' };
  if (source.topicId !== recorded.topicId) {
    return paused(
      'recreated',
      source.earliest,
      source.end,
      `${recorded.topicId} stood at ${recorded.position}`,
    );
  }
  if (target.end <= recorded.lastTargetOffset) {
    return paused(
      'target-lost',
      target.end,
      recorded.lastTargetOffset + 1n,
      'the target lost copied records',
    );
  }
  if (recorded.position < source.earliest) {
    return paused(
      'overtaken',
      recorded.position,
      source.earliest,
      'the source deleted records not yet copied',
    );
  }
  if (recorded.position > source.end) {
    return paused('beyond-end', source.end, recorded.position, 'the source ends before the position');
  }
  return { kind: 'fetch' };
}

/**
 * A partition without a position is new only when its topic is one that was known, or was not there at all: else the name
 * came back under another id, and what is in it needs an answer. Its target partition must be empty, since nobody else
 * writes there: records in it mean that positions were lost, and a start would copy everything again.
 */
export function judgeNewPartition(
  knownTopicIds: ReadonlySet<string>,
  source: SourceState,
  target: TargetState,
): Judgement {
  if (knownTopicIds.size > 0 && !knownTopicIds.has(source.topicId)) {
    return paused('recreated', source.earliest, source.end, `known as ${[...knownTopicIds].join(', ')}`);
  }
  if (target.end > 0n) {
    return paused('target-not-empty', 0n, target.end, 'the target partition is not empty');
  }
  return { kind: 'fetch' };
}

function paused(kind: Pause['kind'], from: bigint, to: bigint, detail: string): Judgement {
  return { kind: 'paused', pause: { kind, from, to }, detail };
}

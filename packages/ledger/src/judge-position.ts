import { endsByItself, type Pause, type PauseKind } from './pause.ts';
import type { PartitionPosition } from './positions.ts';

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
  readonly topicId: string;
  readonly end: bigint;
}

/** A pause that begins now: whoever stores it adds the time. */
export type PauseFinding = Omit<Pause, 'sinceMs'>;

export type Judgement =
  | { readonly kind: 'fetch' }
  /** The topic is gone from the source; its position is kept. */
  | { readonly kind: 'retired' }
  | { readonly kind: 'paused'; readonly pause: PauseFinding };

/**
 * May this position be fetched from? There is no automatic reset anywhere. A position that is not certainly
 * right pauses its partition, with the exact range, until an operator answers. Truncation is not seen here:
 * the first fetch finds it, by the leader epoch of the last batch (the diverging epoch of KIP-595).
 */
export function judgePosition(
  recorded: PartitionPosition,
  source: SourceState | undefined,
  target: TargetState,
): Judgement {
  const { pause, position } = recorded;
  if (pause !== null && !endsByItself(pause)) return { kind: 'paused', pause };
  if (source === undefined) return judgeMissing(recorded);
  if (source.topicId !== recorded.topicId) {
    return paused('recreated', source.earliest, source.end, whatBecameOf(recorded));
  }
  const lost = judgeTarget(recorded, target);
  if (lost !== undefined) return lost;
  if (position < source.earliest) {
    return paused(
      'overtaken',
      position,
      source.earliest,
      'the source deleted records that were not copied yet',
    );
  }
  if (position > source.end) {
    return paused('beyond-end', source.end, position, 'the source ends before the position');
  }
  return { kind: 'fetch' };
}

/**
 * A partition without a position is new only if its topic is a known one, or was not there at all. Otherwise
 * the name came back under another id, and what is in it needs an answer. Its target partition must be
 * empty: nobody else writes there, so records in it mean that positions were lost, and a start would copy
 * everything again.
 */
export function judgeNewPartition(
  knownTopicIds: ReadonlySet<string>,
  source: SourceState,
  target: TargetState,
): Judgement {
  if (knownTopicIds.size > 0 && !knownTopicIds.has(source.topicId)) {
    const detail = `known as ${[...knownTopicIds].join(', ')}; this is ${source.topicId}`;
    return paused('recreated', source.earliest, source.end, detail);
  }
  if (target.end > 0n) {
    return paused('target-not-empty', 0n, target.end, 'the target partition is not empty');
  }
  return { kind: 'fetch' };
}

/** Gone is a loss when committed records were seen that nobody copied, until an operator accepts it. */
function judgeMissing({ retired, position, sourceEnd }: PartitionPosition): Judgement {
  if (retired || sourceEnd === null || sourceEnd <= position) return { kind: 'retired' };
  return paused('deleted', position, sourceEnd, 'the source topic was deleted before all of it was copied');
}

function whatBecameOf({ topicId, position, sourceEnd }: PartitionPosition): string {
  const copied = `the topic was made again: ${topicId} was copied up to ${position}`;
  return sourceEnd !== null && sourceEnd > position ? `${copied} of ${sourceEnd}` : copied;
}

function judgeTarget(recorded: PartitionPosition, target: TargetState): Judgement | undefined {
  const afterLast = recorded.lastTargetOffset + 1n;
  if (recorded.targetTopicId !== null && recorded.targetTopicId !== target.topicId) {
    const detail = `the target topic was deleted and made again: it was ${recorded.targetTopicId}`;
    return paused('target-lost', 0n, afterLast, detail);
  }
  if (target.end >= afterLast) return undefined;
  return paused('target-lost', target.end, afterLast, 'the target lost copied records');
}

function paused(kind: PauseKind, from: bigint, to: bigint, detail: string): Judgement {
  return { kind: 'paused', pause: { kind, from, to, detail } };
}

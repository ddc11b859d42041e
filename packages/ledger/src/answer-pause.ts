import type { SourceState, TargetState } from './judge-position.ts';
import type { PartitionPosition } from './positions.ts';

export type Answer =
  /** Go on behind what is missing, or behind what the operator says: `to`, the first offset to copy again. */
  | { readonly kind: 'skip-gap'; readonly to?: bigint }
  /** Copy again from the source's log start, doubling what was copied. */
  | { readonly kind: 'restart' }
  /** The cause is gone (a limit was raised, a disk came back): the same position again. */
  | { readonly kind: 'retry' };

export type Answered =
  | { readonly kind: 'resumed'; readonly position: PartitionPosition }
  | { readonly kind: 'refused'; readonly why: string };

/** An operator's answer to a paused partition, as the position to go on from. */
export function answerPause(
  recorded: PartitionPosition,
  answer: Answer,
  source: SourceState | undefined,
  target: TargetState,
): Answered {
  const pause = recorded.pause;
  if (pause === null) return refused('the partition is not paused');
  if (source === undefined) return refused('the source has no such partition now');
  const resumeAt = (position: bigint, leaderEpoch: number): Answered => ({
    kind: 'resumed',
    position: {
      ...recorded,
      topicId: source.topicId,
      position: position < source.earliest ? source.earliest : position,
      leaderEpoch,
      lastTargetOffset: recorded.lastTargetOffset < target.end ? recorded.lastTargetOffset : target.end - 1n,
      retired: false,
      pause: null,
    },
  });
  if (answer.kind === 'restart') return resumeAt(source.earliest, -1);
  if (source.topicId !== recorded.topicId) {
    return refused('the source topic was recreated: there is no gap to skip; only a restart can go on');
  }
  if (answer.kind === 'retry') return resumeAt(recorded.position, recorded.leaderEpoch);
  if (answer.to !== undefined) {
    const skips = answer.to >= pause.from && answer.to <= source.end;
    return skips
      ? resumeAt(answer.to, -1)
      : refused(`${answer.to} is not between ${pause.from} and ${source.end}`);
  }
  switch (pause.kind) {
    case 'truncated':
    case 'recreated':
    case 'beyond-end':
      // What was cut off is on the target and stays there; what the source wrote since begins where it was cut.
      return resumeAt(pause.from, -1);
    case 'overtaken':
    case 'refused':
      return resumeAt(pause.to, -1);
    case 'corrupt':
      return refused(`where the next sound batch begins is not known: say it, --skip-gap --to OFFSET`);
    case 'target-lost':
    case 'target-not-empty':
      return resumeAt(recorded.position, recorded.leaderEpoch);
  }
}

function refused(why: string): Answered {
  return { kind: 'refused', why };
}

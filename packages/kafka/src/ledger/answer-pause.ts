import type { SourceState, TargetState } from './judge-position.ts';
import type { PartitionPosition } from './positions.ts';

/** skip-gap: go on behind what is missing. restart: copy again from the source's log start, doubling what was copied. */
export type Answer = 'skip-gap' | 'restart';

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
  if (answer === 'restart') return resumeAt(source.earliest, -1);
  if (source.topicId !== recorded.topicId && pause.kind !== 'recreated') {
    return refused('the source topic was recreated meanwhile; only a restart can go on');
  }
  switch (pause.kind) {
    case 'recreated':
      return refused('a recreated topic has no gap to skip; only a restart can go on');
    case 'truncated':
    case 'beyond-end':
      // What was cut off is on the target and stays there; what the source wrote since begins where it was cut.
      return resumeAt(pause.from, -1);
    case 'overtaken':
    case 'refused':
    case 'corrupt':
      return resumeAt(pause.to, -1);
    case 'target-lost':
    case 'target-not-empty':
      return resumeAt(recorded.position, recorded.leaderEpoch);
  }
}

function refused(why: string): Answered {
  return { kind: 'refused', why };
}

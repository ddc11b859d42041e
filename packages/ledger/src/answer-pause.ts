import { judgePosition, type SourceState, type TargetState } from './judge-position.ts';
import type { Pause } from './pause.ts';
import type { PartitionPosition } from './positions.ts';

export type Answer =
  /** Go on after what is missing, or at the offset that the operator names: the first one to copy again. */
  | { readonly kind: 'skip-gap'; readonly to?: bigint }
  /** Copy again from the source's log start, which doubles what was copied. */
  | { readonly kind: 'restart' }
  /**
   * The cause is gone (a limit was raised, a disk came back): go on at the same position, and nowhere else.
   */
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
  const { pause } = recorded;
  if (pause === null) return refused('the partition is not paused');
  if (source === undefined) return answerMissing(recorded, pause, answer);
  const here = { source, target };
  if (answer.kind === 'restart') return resumed(recorded, source.earliest, -1, here);
  if (source.topicId !== recorded.topicId) {
    return refused('the source topic was made again: there is no gap to skip, only --restart can go on');
  }
  if (answer.kind === 'retry') return retry(recorded, pause, here);
  return skipGap(recorded, pause, answer.to, here);
}

interface Here {
  readonly source: SourceState;
  readonly target: TargetState;
}

/** Accepting that the topic is gone is all that can be done without it. */
function answerMissing(recorded: PartitionPosition, pause: Pause, answer: Answer): Answered {
  if (answer.kind !== 'skip-gap' || answer.to !== undefined) {
    return refused('the source has no such partition now; --skip-gap accepts that');
  }
  const position = pause.kind === 'deleted' ? pause.to : recorded.position;
  return { kind: 'resumed', position: { ...recorded, position, retired: true, pause: null } };
}

/** The same position, and only where nothing is missing any more: a retry never moves. */
function retry(recorded: PartitionPosition, pause: Pause, { source, target }: Here): Answered {
  const judgement = judgePosition({ ...recorded, pause: null }, source, target);
  if (judgement.kind === 'paused') {
    const { kind, from, to, detail } = judgement.pause;
    return refused(`still ${kind} [${from}, ${to}): ${detail}. A retry does not move: say --skip-gap`);
  }
  if (pause.kind === 'target-not-empty' && target.end > 0n) {
    return refused(`the target partition still holds ${target.end} offsets. Say --skip-gap to keep them`);
  }
  return resumed(recorded, recorded.position, recorded.leaderEpoch, { source, target });
}

function skipGap(recorded: PartitionPosition, pause: Pause, to: bigint | undefined, here: Here): Answered {
  if (to !== undefined) {
    const { earliest, end } = here.source;
    // The range of a target that lost copies is one of target offsets: it says nothing of the source's.
    const missingFrom = pause.kind === 'target-lost' ? earliest : pause.from;
    const from = missingFrom > earliest ? missingFrom : earliest;
    return to >= from && to <= end
      ? resumed(recorded, to, -1, here)
      : refused(`${to} is not between ${from} and ${end}`);
  }
  switch (pause.kind) {
    case 'truncated':
    case 'recreated':
    case 'beyond-end':
      // What was cut off is on the target and stays there. What the source wrote since begins where it was
      // cut.
      return resumed(recorded, pause.from, -1, here);
    case 'overtaken':
    case 'refused':
    case 'old-format':
      return resumed(recorded, pause.to, -1, here);
    case 'corrupt':
      return refused('nobody knows where the next sound batch begins: name it, --skip-gap --to OFFSET');
    case 'target-lost':
    case 'target-not-empty':
      return resumed(recorded, recorded.position, recorded.leaderEpoch, here);
    case 'deleted':
    case 'not-authorized':
    case 'target-settings':
    case 'failing':
      return refused('no record is missing: it goes on by itself when its cause is gone, or say --retry');
  }
}

/** Never below the log start: what was deleted there since is part of what the operator skips. */
function resumed(
  recorded: PartitionPosition,
  position: bigint,
  leaderEpoch: number,
  { source, target }: Here,
): Answered {
  return {
    kind: 'resumed',
    position: {
      ...recorded,
      topicId: source.topicId,
      targetTopicId: target.topicId,
      position: position < source.earliest ? source.earliest : position,
      leaderEpoch,
      lastTargetOffset: lastTargetOffset(recorded, target),
      retired: false,
      pause: null,
    },
  };
}

function lastTargetOffset(recorded: PartitionPosition, target: TargetState): bigint {
  if (recorded.targetTopicId !== null && recorded.targetTopicId !== target.topicId) return -1n;
  return recorded.lastTargetOffset < target.end ? recorded.lastTargetOffset : target.end - 1n;
}

function refused(why: string): Answered {
  return { kind: 'refused', why };
}

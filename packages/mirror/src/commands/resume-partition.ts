import { encodeBatch } from '@penstock/kafka';
import {
  answerPause,
  answerRecord,
  endsByItself,
  positionsRecord,
  shardOf,
  takeOverShard,
  targetPartitionOf,
  type Answer,
  type LedgerState,
  type PartitionPosition,
} from '@penstock/ledger';
import { MirrorError } from '../errors.ts';
import { shardsOf } from '../link/check-link.ts';
import { inspectSource, inspectTarget, type NamedPartition } from '../link/inspect-partitions.ts';
import type { LinkContext } from '../link/link-context.ts';
import { readTopicStates } from '../link/topic-states.ts';
import { parsePartitionName } from '../names.ts';
import { wallClockMs } from '../wall-clock.ts';

/**
 * Answers a paused partition. It takes the partition's shard over, as an owner would, writes the new
 * position and leaves. The mirror is fenced, takes over again, and reads what was answered. A death before
 * the commit changes nothing.
 */
export async function resumePartition(
  link: LinkContext,
  name: string,
  answer: Answer,
  options: { readonly ownCleanup: boolean },
): Promise<string> {
  const { target, identity } = link;
  const asked = parsePartitionName(name);
  if (asked === undefined) {
    throw new MirrorError('REFUSED', `${name} is not the name of a partition, such as events.clean-3`);
  }
  const shard = shardOf(asked.topic, asked.partition, await shardsOf(link));
  const { session, state } = await takeOverShard(target, identity, shard);
  await using _ = session;
  const recorded = findPosition(state, asked);
  // A retry changes nothing that is not paused, and a pause may have ended since the operator saw it.
  if (recorded.pause === null && answer.kind === 'retry') return `${name} is not paused any more`;
  const position = await answered(link, state, recorded, answer, options.ownCleanup);
  const timestampMs = wallClockMs();
  const partitions = state.positions.map((one) => (one === recorded ? position : one));
  const records = [
    answerRecord(asked, describe(recorded, position, answer), timestampMs),
    positionsRecord(shard, { genesisOffset: state.genesisOffset, partitions }, timestampMs),
  ];
  session.append(identity.ledgerTopic, shard, encodeBatch(records));
  await session.commit();
  const before = `it was paused at ${recorded.position}: ${rangeOf(recorded)}`;
  return position.retired
    ? `${name} is retired: its topic is gone (${before})`
    : `${name} goes on at ${position.position} (${before})`;
}

/** The position that the answer leads to. Throws MirrorError REFUSED with the reason. */
async function answered(
  link: LinkContext,
  { genesis }: LedgerState,
  recorded: PartitionPosition,
  answer: Answer,
  ownCleanup: boolean,
): Promise<PartitionPosition> {
  const { source, target } = link;
  const refuse = (why: string): never => {
    throw new MirrorError('REFUSED', `${recorded.topic}-${recorded.partition}: ${why}`);
  };
  const registered = genesis.topics.find(({ name }) => name === recorded.topic);
  const partition = registered && targetPartitionOf(registered, recorded.partition);
  if (registered === undefined || partition === undefined) return refuse('it has no target partition');
  await source.refresh(recorded.topic);
  await target.refresh(registered.target);
  const states = await readTopicStates({ source, target, ownCleanup }, [registered]);
  const trouble = states.get(recorded.topic)?.trouble;
  if (trouble !== undefined && (recorded.pause === null || endsByItself(recorded.pause))) {
    return refuse(`still ${trouble.kind}: ${trouble.detail}`);
  }
  const [sourceNow] = await inspectSource(source, [recorded]);
  const [targetNow] = await inspectTarget(target, [{ topic: registered.target, partition }]);
  if (sourceNow?.kind === 'no-answer') return refuse(sourceNow.error.message);
  if (targetNow?.kind === 'no-answer') return refuse(targetNow.error.message);
  if (targetNow?.kind !== 'found')
    return refuse(`the target has no partition ${registered.target}-${partition}`);
  const sourceState = sourceNow?.kind === 'found' ? sourceNow.state : undefined;
  const outcome = answerPause(recorded, answer, sourceState, targetNow.state);
  return outcome.kind === 'refused' ? refuse(outcome.why) : outcome.position;
}

function findPosition(state: LedgerState, asked: NamedPartition): PartitionPosition {
  const recorded = state.positions.find(
    ({ topic, partition }) => topic === asked.topic && partition === asked.partition,
  );
  if (recorded !== undefined) return recorded;
  throw new MirrorError('REFUSED', `The ledger has no position of ${asked.topic}-${asked.partition}`);
}

function rangeOf({ pause }: PartitionPosition): string {
  return pause === null ? 'not paused' : `${pause.kind} [${pause.from}, ${pause.to})`;
}

function describe(
  before: PartitionPosition,
  after: PartitionPosition,
  answer: Answer,
): Record<string, string> {
  return {
    answer: answer.kind,
    pause: rangeOf(before),
    from: String(before.position),
    to: String(after.position),
    topicIdBefore: before.topicId,
    topicId: after.topicId,
  };
}

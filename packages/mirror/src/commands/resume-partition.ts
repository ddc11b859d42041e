import { encodeBatch } from '@penstock/kafka';
import {
  answerPause,
  answerRecord,
  positionsRecord,
  shardOf,
  takeOverShard,
  targetPartitionOf,
  type Answer,
  type LedgerState,
  type PartitionPosition,
} from '@penstock/ledger';
import { MirrorError } from '../errors.ts';
import { inspectSource, inspectTarget } from '../link/inspect-partitions.ts';
import type { LinkContext } from '../link/link-context.ts';
import { parsePartitionName } from '../names.ts';

/**
 * Answers a paused partition. It takes the partition's shard over, as an owner would, writes the new position and leaves: the
 * mirror is fenced, takes over again, and reads what was answered. A death before the commit changes nothing.
 */
export async function resumePartition(link: LinkContext, name: string, answer: Answer): Promise<string> {
  const { source, target, identity } = link;
  const place = parsePartitionName(name);
  if (place === undefined)
    throw new MirrorError('REFUSED', `${name} is not the name of a partition, such as events.clean-3`);
  await target.refresh(identity.ledgerTopic);
  const shards = target.knownTopic(identity.ledgerTopic)?.partitions.length;
  if (shards === undefined)
    throw new MirrorError('NO_LEDGER', `The target has no topic ${identity.ledgerTopic}`);
  const shard = shardOf(place.topic, place.partition, shards);
  const { session, state } = await takeOverShard(target, identity, shard);
  await using _ = session;
  const recorded = findPosition(state, place);
  const targetPlace = targetPlaceOf(state, place);
  await source.refresh(place.topic);
  await target.refresh(targetPlace.topic);
  const [sourceNow] = await inspectSource(source, [place]);
  const [targetNow] = await inspectTarget(target, [targetPlace]);
  if (sourceNow instanceof Error) throw new MirrorError('REFUSED', sourceNow.message, { cause: sourceNow });
  if (targetNow === undefined || targetNow instanceof Error) {
    throw new MirrorError('REFUSED', targetNow?.message ?? 'no target', { cause: targetNow });
  }
  const answered = answerPause(recorded, answer, sourceNow, targetNow);
  if (answered.kind === 'refused') throw new MirrorError('REFUSED', `${name}: ${answered.why}`);
  const nowMs = Date.now();
  const partitions = state.positions.map((one) => (one === recorded ? answered.position : one));
  const records = [
    answerRecord(place, describe(recorded, answered.position, answer), nowMs),
    positionsRecord(shard, { genesisOffset: state.genesisOffset, partitions }, nowMs),
  ];
  session.append(identity.ledgerTopic, shard, encodeBatch(records));
  await session.commit();
  return `${name} goes on at ${answered.position.position} (was paused at ${recorded.position}: ${rangeOf(recorded)})`;
}

function findPosition(state: LedgerState, place: { topic: string; partition: number }): PartitionPosition {
  const recorded = state.positions.find(
    ({ topic, partition }) => topic === place.topic && partition === place.partition,
  );
  if (recorded !== undefined) return recorded;
  throw new MirrorError('REFUSED', `The ledger has no position of ${place.topic}-${place.partition}`);
}

function targetPlaceOf(state: LedgerState, place: { topic: string; partition: number }) {
  const registered = state.genesis.topics.find(({ name }) => name === place.topic);
  const partition = registered && targetPartitionOf(registered, place.partition);
  if (registered === undefined || partition === undefined) {
    throw new MirrorError(
      'REFUSED',
      `${place.topic}-${place.partition} has no target partition in this link`,
    );
  }
  return { topic: registered.target, partition };
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

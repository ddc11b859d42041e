import { openTxnSession } from '@penstock/kafka';
import { FilterError } from '../errors.ts';
import { collectEvidence } from '../position/position-evidence.ts';
import { writePositionMetadata } from '../position/position-metadata.ts';
import { startingPosition, type PositionEvidence } from '../position/starting-position.ts';
import { pauseAt, type OperatorTools } from './status.ts';

/**
 * Sets the position of one partition as an operator has decided. A filter that has the partition paused sees
 * it within 5 s. One that has it running is not disturbed, and overwrites it with its next commit.
 *
 * In a transaction, because Kafka accepts those offsets from outside while the group has members; it refuses
 * a plain OffsetCommit.
 *
 * @param from the next raw offset to be filtered, or `skip-gap` for the one that `status` proposes.
 * @returns a sentence for the operator. Throws FilterError COMMAND when it makes no sense, before anything is
 *   written.
 */
export async function resumePartition(
  tools: OperatorTools,
  partition: number,
  from: bigint | 'skip-gap',
): Promise<string> {
  const { cluster, id, topics } = tools;
  const raw = await cluster.topic(topics.raw);
  if (partition >= raw.partitions.length) {
    throw new FilterError('COMMAND', `${topics.raw} has partitions 0 to ${raw.partitions.length - 1}`);
  }
  const { position, metadata } = await collectEvidence(partition, tools, AbortSignal.timeout(60_000));
  const offset = from === 'skip-gap' ? await proposed(partition, position, tools) : from;
  const { rawStart, rawEnd, committed } = position;
  if (offset < rawStart || offset > rawEnd) {
    throw new FilterError(
      'COMMAND',
      `raw offset ${offset} does not exist: ${topics.raw} ${partition} holds ${rawStart} to ${rawEnd}`,
    );
  }
  await using session = await openTxnSession(cluster, { transactionalId: `${id}-resume` });
  session.offsets({
    groupId: id,
    memberId: '',
    memberEpoch: () => -1,
    offsets: [
      {
        topic: topics.raw,
        partition,
        offset,
        leaderEpoch: -1,
        metadata: writePositionMetadata({ ...metadata, topicId: raw.id, chosen: true }),
      },
    ],
  });
  await session.commit();
  const before = committed === null ? 'none' : String(committed);
  return `${topics.raw} ${partition}: the next raw offset is ${offset} (before: ${before})`;
}

async function proposed(
  partition: number,
  position: PositionEvidence,
  tools: OperatorTools,
): Promise<bigint> {
  const found = startingPosition(position);
  const decided =
    found.kind === 'continue' ? await pauseAt(partition, found.offset, position.rawEnd, tools) : found;
  if (decided?.kind !== 'paused')
    throw new FilterError('COMMAND', 'there is no gap: the partition would go on by itself');
  if (decided.resumeAt !== null) return decided.resumeAt;
  throw new FilterError(
    'COMMAND',
    `nothing tells where to go on, name an offset with --from: ${decided.detail}`,
  );
}

import { openTransactionSession } from '@penstock/kafka';
import { FilterError } from '../errors.ts';
import { isPassing } from '../position/passing-errors.ts';
import type { Pause } from '../position/pause.ts';
import { collectEvidence, type Evidence } from '../position/collect-evidence.ts';
import { writePositionMetadata } from '../position/position-metadata.ts';
import { judgeStart } from '../position/starting-position.ts';
import { wallClockMs } from '../wall-clock.ts';
import { lookTimeoutMs, pauseAt, pauseOfSeen, type OperatorTools } from './status.ts';

/**
 * Sets the position of one partition as an operator has decided. A filter that has the partition paused sees
 * it within 5 s. One that has it running is not disturbed, and overwrites it with its next commit.
 *
 * In a transaction, because Kafka accepts those offsets from outside while the group has members; it refuses
 * a plain OffsetCommit.
 *
 * Accepts what cannot be read of seen, when that is a reason of the pause.
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
  const evidence = await collectEvidence(partition, tools, AbortSignal.timeout(lookTimeoutMs));
  const { offsets, metadata, seenTopicId, seenEnd } = evidence;
  const { offset, isSeenAccepted, notes } = await choose(partition, from, evidence, tools);
  const { rawStart, rawEnd, committed } = offsets;
  if (offset < rawStart || offset > rawEnd) {
    throw new FilterError(
      'COMMAND',
      `raw offset ${offset} does not exist: ${topics.raw} ${partition} holds ${rawStart} to ${rawEnd}`,
    );
  }
  await using session = await openTransactionSession(cluster, { transactionalId: `${id}-resume` });
  session.offsets({
    groupId: id,
    memberId: '',
    memberEpoch: () => -1,
    positions: [
      {
        topic: topics.raw,
        partition,
        offset,
        leaderEpoch: -1,
        metadata: writePositionMetadata({
          ...metadata,
          ...{ topicId: raw.id, chosenAtMs: wallClockMs() },
          ...(isSeenAccepted && { seenAccepted: { topicId: seenTopicId, below: seenEnd } }),
        }),
      },
    ],
  });
  await session.commit();
  const before = committed === null ? 'none' : String(committed);
  return [`${topics.raw} ${partition}: the next raw offset is ${offset} (before: ${before})`, ...notes].join(
    '\n',
  );
}

interface Choice {
  readonly offset: bigint;
  readonly isSeenAccepted: boolean;
  /** What the operator has to know of it. */
  readonly notes: readonly string[];
}

async function choose(
  partition: number,
  from: bigint | 'skip-gap',
  evidence: Evidence,
  tools: OperatorTools,
): Promise<Choice> {
  const signal = AbortSignal.timeout(lookTimeoutMs);
  const found = judgeStart(evidence);
  let why = found.kind === 'paused' ? found : undefined;
  const notes: string[] = [];
  if (from === 'skip-gap') {
    if (found.kind === 'continue') why = await pauseAt(partition, found.offset, evidence, tools, signal);
  } else if (found.kind === 'continue') {
    // Who names an offset has it, even when seen cannot be looked at.
    try {
      why = await pauseOfSeen(partition, evidence, tools, signal);
    } catch (error) {
      if (!isPassing(error)) throw error;
      notes.push(
        `${tools.topics.seen} ${partition} could not be looked at (${(error as Error).message}): ` +
          'if the partition pauses as seen-corrupt, resume it again',
      );
    }
  }
  const isSeenAccepted = why?.code === 'seen-corrupt' || evidence.unreadable?.code === 'seen-corrupt';
  if (isSeenAccepted) {
    notes.push(
      `what cannot be read of ${tools.topics.seen} ${partition} is accepted: its ids are unknown, ` +
        'and copies of those events may pass',
    );
  }
  return { offset: from === 'skip-gap' ? proposed(why) : from, isSeenAccepted, notes };
}

function proposed(why: Pause | undefined): bigint {
  if (why === undefined)
    throw new FilterError('COMMAND', 'there is no gap: the partition would go on by itself');
  if (why.resumeAt !== null) return why.resumeAt;
  throw new FilterError('COMMAND', `nothing tells where to go on, name an offset with --from: ${why.detail}`);
}

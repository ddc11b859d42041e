import { encodeBatch, partitionName, TransactionError, type TopicPartition } from '@penstock/kafka';
import {
  answerPause,
  answerRecord,
  endsByItself,
  LedgerError,
  pairsRecord,
  positionsRecord,
  readLinkLedger,
  shardOf,
  takeOverShard,
  targetPartitionOf,
  type Answer,
  type LedgerState,
  type PartitionPosition,
} from '@penstock/ledger';
import { MirrorError } from '../errors.ts';
import { shardCount } from '../link/shard-count.ts';
import { inspectSource, inspectTarget } from '../link/inspect-partitions.ts';
import type { LinkContext } from '../link/link-context.ts';
import { readTopicStates } from '../link/topic-states.ts';
import { pairsTopicOf, parsePartitionName } from '../names.ts';
import { wallClockMs } from '../wall-clock.ts';

/** The mirror may take its shard back before a slow answer is committed. */
const triesMax = 5;
/** What a mirror that works commits is decided within moments. */
const patienceMs = 1_000;

/**
 * Answers a paused partition. It takes the partition's shard over, as an owner would, writes the new
 * position and leaves. The mirror is fenced, takes over again, and reads what was answered. A death before
 * the commit changes nothing.
 *
 * What is to be refused is refused before that, by the ledger as every reader sees it: a mirror that is
 * fenced without an answer begins its transaction anew for nothing, and takes it for a sign of a second one.
 * Where a transaction of somebody else hides the end of the ledger, the takeover would find no more: that is
 * refused too. One of the shard itself is that of a mirror which died, and the takeover ends it.
 */
export async function resumePartition(
  link: LinkContext,
  name: string,
  answer: Answer,
  options: { readonly ownCleanup: boolean },
): Promise<string> {
  const asked = parsePartitionName(name);
  if (asked === undefined) {
    throw new MirrorError('REFUSED', `${name} is not the name of a partition, such as events.clean-3`);
  }
  const shard = shardOf(asked.topic, asked.partition, await shardCount(link));
  const seen: Seen = {};
  const state = await decidedLedger(link, shard);
  if (state !== undefined) {
    seen.first = findPosition(state, asked);
    if (isNothingToRetry(seen.first, answer)) return `${name} is not paused`;
    await answerOrRefuse(link, state, seen.first, answer, options.ownCleanup); // here for what it refuses
  }
  for (let tries = 1; ; tries += 1) {
    try {
      return await answerOnce(link, shard, asked, answer, options, seen);
    } catch (error) {
      if (!(error instanceof TransactionError) || error.outcome !== 'fenced' || tries === triesMax)
        throw error;
    }
  }
}

/** A retry changes nothing that is not paused, and a pause may have ended since the operator saw it. */
function isNothingToRetry({ pause }: PartitionPosition, answer: Answer): boolean {
  return pause === null && answer.kind === 'retry';
}

/**
 * The ledger of the shard as every reader sees it, once all is decided that was in it when this began.
 * Undefined when that takes long: a mirror died with an open transaction, or the markers of a commit are not
 * written. Throws LedgerError UNDECIDED when the reason is a transaction of somebody else, or of nobody knows
 * whom.
 */
async function decidedLedger(
  { target, identity }: LinkContext,
  shard: number,
): Promise<LedgerState | undefined> {
  try {
    return await readLinkLedger(target, identity, shard, { patienceMs });
  } catch (error) {
    if (!(error instanceof LedgerError) || error.code !== 'UNDECIDED') throw error;
    if (!error.isOwn) throw error;
    return undefined;
  }
}

/** What was found of the partition when it was first looked at. */
interface Seen {
  first?: PartitionPosition;
}

async function answerOnce(
  link: LinkContext,
  shard: number,
  asked: TopicPartition,
  answer: Answer,
  options: { readonly ownCleanup: boolean },
  seen: Seen,
): Promise<string> {
  const { target, identity } = link;
  const name = partitionName(asked.topic, asked.partition);
  const { session, state } = await takeOverShard(target, identity, shard);
  await using _ = session;
  const recorded = findPosition(state, asked);
  const first = (seen.first ??= recorded);
  if (recorded.position !== first.position || rangeOf(recorded) !== rangeOf(first)) {
    const now = `it stands at ${recorded.position} now (${rangeOf(recorded)})`;
    const changed = `${name} is not paused any more as it was (${rangeOf(first)}): ${now}`;
    // Its cause is gone, or it is answered: by the try before, which was committed all the same, or by
    // somebody else.
    if (recorded.pause === null) return changed;
    // What is paused now, nobody has seen yet.
    throw new MirrorError('REFUSED', changed);
  }
  if (isNothingToRetry(recorded, answer)) return `${name} is not paused`;
  const { position, targetEnd } = await answerOrRefuse(link, state, recorded, answer, options.ownCleanup);
  const timestampMs = wallClockMs();
  const partitions = state.positions.map((one) => (one === recorded ? position : one));
  const records = [
    answerRecord(asked, describe(recorded, position, answer), timestampMs),
    positionsRecord(shard, { genesisOffset: state.genesisOffset, partitions }, timestampMs),
  ];
  session.append(identity.ledgerTopic, shard, encodeBatch(records));
  if (!position.retired) {
    // Where the copying goes on: the pairs of before may be those of another log.
    const run = { source: position.position, target: targetEnd, count: 0, sourceSpan: 0 };
    session.append(pairsTopicOf(identity.link), shard, encodeBatch([pairsRecord(asked, [run], timestampMs)]));
  }
  await session.commit();
  const before = `it was paused at ${recorded.position}: ${rangeOf(recorded)}`;
  return position.retired
    ? `${name} is retired: its topic is gone (${before})`
    : `${name} goes on at ${position.position} (${before})`;
}

/**
 * The position that the answer leads to, and the end of the target, where what is copied then begins. Throws
 * MirrorError REFUSED with the reason.
 */
async function answerOrRefuse(
  link: LinkContext,
  { genesis }: LedgerState,
  recorded: PartitionPosition,
  answer: Answer,
  ownCleanup: boolean,
): Promise<{ position: PartitionPosition; targetEnd: bigint }> {
  const { source, target } = link;
  const name = partitionName(recorded.topic, recorded.partition);
  const refuse = (why: string): never => {
    throw new MirrorError('REFUSED', `${name}: ${why}`);
  };
  const registered = genesis.topics.find((topic) => topic.name === recorded.topic);
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
  if (outcome.kind === 'refused') return refuse(outcome.why);
  return { position: outcome.position, targetEnd: targetNow.state.end };
}

function findPosition(state: LedgerState, asked: TopicPartition): PartitionPosition {
  const recorded = state.positions.find(
    ({ topic, partition }) => topic === asked.topic && partition === asked.partition,
  );
  if (recorded !== undefined) return recorded;
  throw new MirrorError(
    'REFUSED',
    `The ledger has no position of ${partitionName(asked.topic, asked.partition)}`,
  );
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

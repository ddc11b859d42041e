import {
  encodeBatch,
  noSuchTopic,
  openTransactionSession,
  topicProblems,
  type Admin,
  type Cluster,
  type TopicSettings,
  type TransactionSession,
} from '@penstock/kafka';
import { FilterError } from '../errors.ts';
import { offsetAtTime, offsetOf } from '../position/log-records.ts';
import { wallClockMs } from '../wall-clock.ts';
import { againAfterAborts } from './again-after-aborts.ts';
import { batchesOf } from './batches-of.ts';
import { marksRecord, marksTopic, marksTopicNeeds, marksTopicOf } from './replay-marks.ts';
import {
  nothingReplayed,
  replayPartition,
  type PartitionReplay,
  type ReplayTools,
} from './replay-partition.ts';
import type { Selection } from './selection.ts';

/** What an operator asks for. */
export interface ReplayRequest {
  readonly raw: string;
  readonly rejected: string;
  readonly group: string;
  readonly selection: Selection;
  /** One partition; undefined: all. */
  readonly partition: number | undefined;
  readonly perSecond: number | undefined;
  readonly dryRun: boolean;
  /** As for the service: topics with one replica are accepted. */
  readonly singleReplica: boolean;
}

/** A larger batch is one record. */
const batchBytes = 512 * 1024;

/**
 * Writes selected records of events.rejected to raw again, where the filter takes them up with today's rules.
 * Each is replayed once, however often this is called: see `replayPartition` and ReplayMarks.
 *
 * Throws FilterError COMMAND with what an operator has to do, and TransactionError 'fenced' when another
 * replay was begun meanwhile.
 *
 * @param progress called with each partition that it works on, which it counts up.
 */
export async function replay(
  cluster: Cluster,
  admin: Admin,
  request: ReplayRequest,
  progress: (partition: PartitionReplay) => void,
  signal: AbortSignal,
): Promise<PartitionReplay[]> {
  const { raw, rejected, dryRun, selection } = request;
  const hasMarks = await prepareTopics(admin, request);
  const rejectedTopicId = (await cluster.topic(rejected, { refresh: true })).id;
  const [{ configs }] = (await admin.describeTopics([raw])) as [TopicSettings];
  // From here on no earlier replay can commit anything: only now marks and ends may be read.
  await using session = dryRun
    ? undefined
    : await openTransactionSession(cluster, { transactionalId: `${request.group}-replay`, signal });
  const tools: ReplayTools = {
    ...{ cluster, rejected, rejectedTopicId, hasMarks, selection, perSecond: request.perSecond },
    rawBytesMax: Number(configs['max.message.bytes']),
    ...(session !== undefined && { write: writeInto(session, request, rejectedTopicId) }),
  };
  const all: PartitionReplay[] = [];
  for (const partition of await partitionsOf(cluster, request)) {
    const done = await rangeOf(cluster, rejected, partition, selection, signal);
    all.push(done);
    progress(done);
    await replayPatiently(tools, done, signal);
  }
  return all;
}

/** Begins a partition anew when a transaction was aborted: by then the marks tell what was replayed. */
function replayPatiently(tools: ReplayTools, done: PartitionReplay, signal: AbortSignal): Promise<void> {
  const attempt = async (): Promise<void> => {
    const earlier = done.replayed;
    const { selected, before, copies, incomplete, tooLarge, left } = nothingReplayed(0, 0n, 0n);
    Object.assign(done, { selected, before, copies, incomplete, tooLarge, left, position: done.from });
    await replayPartition(tools, done, signal);
    done.before -= earlier;
  };
  return againAfterAborts(attempt, () => done.replayed, signal);
}

function writeInto(
  session: TransactionSession,
  { raw, rejected, selection }: ReplayRequest,
  rejectedTopicId: string,
): NonNullable<ReplayTools['write']> {
  const asked = JSON.stringify(selection);
  return async (partition, records, marks) => {
    for (const batch of batchesOf(records, batchBytes))
      session.append(raw, partition, encodeBatch(batch), 'zstd');
    const marked = marksRecord(marks, rejectedTopicId, asked, wallClockMs());
    session.append(marksTopicOf(rejected), partition, encodeBatch([marked]));
    await session.commit();
  };
}

async function rangeOf(
  cluster: Cluster,
  rejected: string,
  partition: number,
  { fromMs }: Selection,
  signal: AbortSignal,
): Promise<PartitionReplay> {
  const place = { cluster, topic: rejected, partition };
  const to = await offsetOf(place, 'latest', signal);
  const from =
    fromMs === undefined
      ? await offsetOf(place, 'earliest', signal)
      : await offsetAtTime(place, fromMs, signal);
  return nothingReplayed(partition, from ?? to, to);
}

async function partitionsOf(cluster: Cluster, { rejected, partition }: ReplayRequest): Promise<number[]> {
  const { partitions } = await cluster.topic(rejected);
  if (partition === undefined) return [...partitions.keys()];
  if (partition < partitions.length) return [partition];
  throw new FilterError('COMMAND', `${rejected} has partitions 0 to ${partitions.length - 1}`);
}

/**
 * Makes the topic of marks when it is missing. @returns whether it is there; a dry run makes nothing.
 */
async function prepareTopics(admin: Admin, request: ReplayRequest): Promise<boolean> {
  const { raw, rejected, dryRun, singleReplica } = request;
  const found = await admin.describeTopics([raw, rejected]);
  const named = (name: string): TopicSettings => {
    const topic = found.find((one) => one.name === name);
    if (topic !== undefined) return topic;
    throw new FilterError('COMMAND', noSuchTopic(name));
  };
  const needed = named(rejected);
  if (named(raw).partitions !== needed.partitions) {
    const counts = `${named(raw).partitions} and ${needed.partitions}`;
    throw new FilterError(
      'COMMAND',
      `${raw} and ${rejected} must have equally many partitions, not ${counts}`,
    );
  }
  if (!dryRun) await admin.createTopics([marksTopic(needed)]);
  const marks = await admin.describeTopics([marksTopicOf(rejected)]);
  if (marks.length === 0) return false;
  const problems = topicProblems([marksTopicNeeds(needed)], marks, { singleReplica });
  if (problems.length > 0) throw new FilterError('COMMAND', problems.join('; '));
  return true;
}

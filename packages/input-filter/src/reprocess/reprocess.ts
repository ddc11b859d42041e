import {
  cleanTopicNeeds,
  noSuchTopic,
  openTransactionSession,
  topicProblems,
  type Admin,
  type Cluster,
  type Codec,
  type TopicSettings,
} from '@penstock/kafka';
import type { DedupLimits } from '../dedup/dedup-window.ts';
import { FilterError } from '../errors.ts';
import { againAfterAborts } from '../replay/again-after-aborts.ts';
import { marksTopicOf } from '../replay/replay-marks.ts';
import type { FilterTools } from '../request/filter-request.ts';
import { outputsOf, type FilterTopics } from '../topics.ts';
import { wallClockMs } from '../wall-clock.ts';
import {
  nothingReprocessed,
  reprocessPartition,
  type PartitionReprocess,
  type ReprocessTools,
} from './reprocess-partition.ts';
import { claimRanges, readRanges, type ReprocessGroup, type ReprocessTime } from './reprocess-range.ts';

/** What an operator asks for. */
export interface ReprocessRequest {
  readonly topics: FilterTopics;
  /** The consumer group of the filters. */
  readonly group: string;
  readonly into: string;
  readonly time: ReprocessTime;
  readonly filter: FilterTools;
  readonly window: DedupLimits;
  readonly batchBytes: number;
  readonly compression: Codec;
  readonly singleReplica: boolean;
}

/** Nobody but the readers of the target waits for a transaction that is left open. */
const transactionTimeoutMs = 60_000;

/**
 * Filters what raw holds of some time anew, with today's rules, into a topic of its own, each event once. It
 * ends when the time is over, goes on where it was when it is run again, and does nothing when it had ended.
 *
 * Throws FilterError COMMAND with what an operator has to do, and TransactionError 'fenced' when another run
 * of the same reprocessing was begun meanwhile.
 *
 * @param progress called with each partition that it works on, which it counts up.
 */
export async function reprocess(
  cluster: Cluster,
  admin: Admin,
  request: ReprocessRequest,
  progress: (partition: PartitionReprocess) => void,
  signal: AbortSignal,
): Promise<PartitionReprocess[]> {
  const { topics, into, time, filter, window, batchBytes, compression } = request;
  refuseTarget(request);
  await prepareTarget(admin, request);
  const raw = await cluster.topic(topics.raw, { refresh: true });
  const id = `${request.group}-reprocess-${into}`;
  const group: ReprocessGroup = { cluster, id, raw: topics.raw, rawTopicId: raw.id, into, time };
  // From here on no earlier run can commit anything: only now the positions may be read.
  const transaction = { transactionalId: id, transactionTimeoutMs, signal };
  await using session = await openTransactionSession(cluster, transaction);
  const ranges = await claimRanges(group, [...raw.partitions.keys()], session, signal);
  const tools: ReprocessTools = { group, session, filter, window, batchBytes, compression };
  const all = ranges.map(nothingReprocessed);
  for (const done of all) {
    progress(done);
    await reprocessPatiently(tools, done, signal);
  }
  return all;
}

/** Begins again at the position that Kafka has when a transaction was aborted. */
function reprocessPatiently(
  tools: ReprocessTools,
  done: PartitionReprocess,
  signal: AbortSignal,
): Promise<void> {
  const attempt = async (): Promise<void> => {
    const range = (await readRanges(tools.group, [done.partition], signal)).get(done.partition);
    if (range === undefined) throw new FilterError('COMMAND', `the offsets of ${tools.group.id} are gone`);
    done.position = range.position;
    await reprocessPartition(tools, range, done, signal);
  };
  return againAfterAborts(attempt, () => done.position, signal);
}

/** In clean it would all be there twice, and the other topics have readers of their own. */
function refuseTarget({ topics, into, time }: ReprocessRequest): void {
  const taken = [topics.raw, ...outputsOf(topics), marksTopicOf(topics.rejected)];
  if (taken.includes(into)) {
    throw new FilterError('COMMAND', `--into ${into} is a topic of the pipeline: give a topic of its own`);
  }
  if (time.toMs <= wallClockMs()) return;
  throw new FilterError('COMMAND', '--to lies in the future: what is reprocessed must have been received');
}

/**
 * Makes the target when it is missing. Its records have the time at which they were first received, so a
 * retention like that of clean would delete them at once.
 */
async function prepareTarget(admin: Admin, request: ReprocessRequest): Promise<void> {
  const { topics, into, time, batchBytes, singleReplica } = request;
  const [unrouted] = topics.clean;
  const found = await admin.describeTopics([topics.raw, unrouted]);
  const raw = found.find(({ name }) => name === topics.raw);
  const clean = found.find(({ name }) => name === unrouted);
  if (raw === undefined || clean === undefined) {
    throw new FilterError('COMMAND', noSuchTopic(raw === undefined ? topics.raw : unrouted));
  }
  await admin.createTopics([{ ...clean, name: into, configs: configsLike(clean) }]);
  const need = { ...cleanTopicNeeds(into, batchBytes), partitions: raw.partitions };
  const ageMs = wallClockMs() - time.fromMs;
  const configsAtLeast = { ...need.configsAtLeast, 'retention.ms': ageMs + dayMs };
  const because = {
    ...need.because,
    'retention.ms': 'its records are as old as --from, and a day to read them',
  };
  const target = await admin.describeTopics([into]);
  const problems = topicProblems([{ ...need, configsAtLeast, because }], target, { singleReplica });
  if (problems.length > 0) throw new FilterError('COMMAND', problems.join('; '));
}

const dayMs = 24 * 3_600_000;

function configsLike({ configs }: TopicSettings): Record<string, string> {
  const names = ['max.message.bytes', 'min.insync.replicas', 'unclean.leader.election.enable'];
  const alike = names.flatMap((name) =>
    configs[name] === undefined ? [] : [[name, configs[name]] as const],
  );
  return {
    ...Object.fromEntries(alike),
    'cleanup.policy': 'delete',
    'compression.type': 'producer',
    'message.timestamp.type': 'CreateTime',
    'retention.ms': '-1',
  };
}

import type { Pipeline } from '@penstock/events';
import { joinGroup, memberIdOf, openCluster, openTransactionSession, startFetcher } from '@penstock/kafka';
import { kafkaConnection, type Log } from '@penstock/service';
import { instanceOf, type FilterConfig } from '../config.ts';
import type { GeoFile } from '../geo/geo-file.ts';
import { GeoLookup } from '../geo/geo-lookup.ts';
import type { FilterMetrics } from '../metrics.ts';
import { Assignment } from '../partition/assignment.ts';
import { DuplicateSamples } from '../partition/duplicate-samples.ts';
import { OutputBudget } from '../partition/output-budget.ts';
import type { PartitionTools } from '../partition/owned-partition.ts';
import { ReceiverClocks } from '../partition/receiver-clocks.ts';
import { RebuildTurns } from '../partition/rebuild-turns.ts';
import { takeOverPatiently } from '../partition/take-over-partition.ts';
import { LargeBodies } from '../request/large-bodies.ts';
import { filterTopics } from '../topics.ts';
import { CommittedCounts } from './committed-counts.ts';
import { FilterThread, type ThreadMessage } from './filter-thread.ts';
import { Identity } from './identity.ts';
import { Mailbox } from './mailbox.ts';
import { RawFeed } from './raw-feed.ts';
import { startThreadGauges } from './thread-gauges.ts';
import { ThreadTransaction, type CommittingGroup } from './thread-transaction.ts';

/** Two, so that one partition with costly requests does not hold up another one's large request. */
const largeBodiesMax = 2;

/**
 * Compressed, as brokers send it: more than a second of work for a thread. What is fetched ahead stays
 * resident for as long as the filter is behind.
 */
const prefetchBytes = 8 * 1024 * 1024;

/** What the chassis gives to a thread. */
export interface ThreadSurroundings {
  /** 0, 1, ... */
  readonly thread: number;
  readonly log: Log;
  readonly metrics: FilterMetrics;
  /** For what fails in the background: the process has to end. */
  fail(error: unknown): void;
}

/**
 * Starts one thread of the filter: one transactional id, one group member, its partitions.
 *
 * The session is opened, that is, InitProducerId is done, **before** the group is joined. A restarted process
 * is the member that it was and owns its partitions at once, so by then whatever its dead predecessor left
 * open must be decided.
 */
export async function startFilterThread(
  config: FilterConfig,
  pipeline: Pipeline,
  geoFiles: readonly GeoFile[],
  surroundings: ThreadSurroundings,
): Promise<FilterThread> {
  const { log, metrics, fail } = surroundings;
  await using resources = new AsyncDisposableStack();
  const cluster = resources.use(await openCluster({ ...kafkaConnection(config.kafka), log }));
  const transactionalId = `${config.group}-${instanceOf(config)}-${surroundings.thread}`;
  const { transactionTimeoutMs } = config;
  const session = resources.use(
    await openTransactionSession(cluster, { transactionalId, transactionTimeoutMs }),
  );
  const fetcher = resources.use(startFetcher(cluster, { isolation: 'read_committed', prefetchBytes, log }));

  const mailbox = new Mailbox<ThreadMessage>();
  const topics = filterTopics(config.topics, pipeline.catalogue.routes);
  const member = await joinGroup(cluster, {
    groupId: config.group,
    memberId: memberIdOf(transactionalId),
    topics: [topics.raw],
    log,
    ...callbacksInto(mailbox),
  });
  member.failed.addEventListener('abort', () => fail(member.failed.reason));

  const group: CommittingGroup = { cluster, id: config.group, member, topics };
  const assignment = startAssignment(group, config, log, mailbox, fail);
  const counts = new CommittedCounts(metrics, pipeline);
  const feed = new RawFeed(fetcher, topics.raw);
  const owned = () => assignment.owned.map(({ partition }) => partition);
  resources.use(startThreadGauges(cluster, session, metrics, topics.raw, owned, feed.marks));

  const send: PartitionTools['output']['send'] = (topic, partition, batch) =>
    session.append(topic, partition, batch, config.compression);
  const parts = {
    mailbox,
    member,
    session,
    feed,
    identity: new Identity(session, member, log),
    assignment,
    transaction: new ThreadTransaction(session, group, counts, metrics),
    counts,
    tools: {
      topics,
      filter: {
        pipeline,
        geo: new GeoLookup(geoFiles, metrics.lookups),
        ipPrivacy: config.ipPrivacy,
        bodyBytesMax: config.bodyBytesMax,
      },
      output: { batchBytesMax: config.batchBytes, budget: new OutputBudget(config.commitBytes), send },
      largeBodies: new LargeBodies(largeBodiesMax),
      samples: new DuplicateSamples(log),
      clocks: new ReceiverClocks(metrics.clocksOff, log),
    },
  };
  const interval = { minMs: config.commitIntervalMs, maxMs: config.commitIntervalMaxMs };
  return new FilterThread(parts, interval, metrics, log, resources.move(), fail);
}

/**
 * The callbacks run after the join has settled, one at a time, and wait until the loop has done what they
 * say.
 */
function callbacksInto(mailbox: Mailbox<ThreadMessage>) {
  const numbers = (of: readonly { partition: number }[]) => of.map(({ partition }) => partition);
  return {
    onAssigned: (of: readonly { partition: number }[]) =>
      void mailbox.post({ kind: 'assigned', partitions: numbers(of) }),
    onRevoked: (of: readonly { partition: number }[]) =>
      mailbox.post({ kind: 'revoked', partitions: numbers(of) }),
    onLost: () => mailbox.post({ kind: 'lost' }),
  };
}

function startAssignment(
  group: CommittingGroup,
  config: FilterConfig,
  log: Log,
  mailbox: Mailbox<ThreadMessage>,
  onFailed: (error: unknown) => void,
): Assignment {
  const { cluster, topics } = group;
  const limits = { windowMs: config.dedupWindowMs, idsMax: config.dedupIdsMax };
  const turns = new RebuildTurns();
  return new Assignment(
    (partition, paused, signal) =>
      takeOverPatiently(partition, group, { limits, turn: turns.begin() }, paused, signal),
    cluster,
    topics,
    log,
    {
      onTaken: (partition, taken, signal) => void mailbox.post({ kind: 'taken', partition, taken, signal }),
      onFailed,
    },
  );
}

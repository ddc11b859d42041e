import type { Pipeline } from '@penstock/events';
import { joinGroup, memberIdOf, openCluster, openTxnSession, startFetcher } from '@penstock/kafka';
import { kafkaConnection, type Log } from '@penstock/service';
import { instanceOf, type FilterConfig } from '../config.ts';
import { FilterThread } from './filter-thread.ts';
import type { GeoFile } from '../geo/geo-file.ts';
import type { FilterMetrics } from '../metrics.ts';

export interface FilterThreadOptions {
  readonly config: FilterConfig;
  readonly thread: number;
  readonly pipeline: Pipeline;
  readonly geoFiles: readonly GeoFile[];
  readonly metrics: FilterMetrics;
  readonly log: Log;
  /** For what fails in the background: the process has to end. */
  fail(error: unknown): void;
}

/**
 * Starts one thread of the filter: one transactional id, one group member, its partitions. The session is opened, that is
 * InitProducerId done, **before** the group is joined: a restarted process is the member that it was and owns its partitions
 * at once, so by then what its dead predecessor left open must be decided.
 */
export async function startFilterThread(o: FilterThreadOptions): Promise<FilterThread> {
  const { config, log } = o;
  await using cleanup = new AsyncDisposableStack();
  const cluster = cleanup.use(await openCluster({ ...kafkaConnection(config.kafka), log }));
  const transactionalId = `${config.group}-${instanceOf(config)}-${o.thread}`;
  const { transactionTimeoutMs } = config;
  const session = cleanup.use(await openTxnSession(cluster, { transactionalId, transactionTimeoutMs }));
  const fetcher = cleanup.use(startFetcher(cluster, { isolation: 'read_committed', log }));
  const thread = new FilterThread(o, cluster, session, fetcher);
  const member = await joinGroup(cluster, {
    groupId: config.group,
    memberId: memberIdOf(transactionalId),
    topics: [config.topics.raw],
    log,
    ...thread.callbacks,
  });
  thread.run(member, cleanup.move());
  return thread;
}

import { retrying, watchStuckLso, type KafkaError } from '@penstock/kafka';
import type { Metrics, Service, ServiceContext } from '@penstock/service';
import type { MirrorConfig } from './config.ts';
import { MirrorError } from './errors.ts';
import { checkLink } from './link/check-link.ts';
import { openLink } from './link/link-context.ts';
import { StrangerWatch } from './link/strangers.ts';
import { TopicStates } from './link/topic-states.ts';
import { declareMirrorMetrics, declarePartitionMetrics } from './metrics.ts';
import { notProgressing, readPartitions, shardStatus } from './shard/shard-status.ts';
import { joinLink, type OwnedShards } from './shard/shards.ts';

/**
 * Connects both clusters, checks the link, and joins its group: from then on it copies the shards that it is
 * given. Waits for clusters that are away. Throws MirrorError and LedgerError for what an operator has to
 * mend.
 */
export async function startMirror(context: ServiceContext<MirrorConfig>): Promise<Service> {
  const { config, log, metrics, stopping } = context;
  let away: string | undefined;
  context.whileStarting(() => (away === undefined ? [] : [away]));
  const waitForKafka = {
    timeoutMs: Infinity,
    signal: stopping,
    onError(error: KafkaError) {
      away = `waiting for Kafka: ${error.message}`;
      log.warn({ code: error.code, error }, 'Kafka is away; will be tried again');
    },
  };
  await using opened = new AsyncDisposableStack();
  const link = opened.use(await retrying('opening both clusters', () => openLink(config, log), waitForKafka));
  await retrying('checking the link', () => checkLink(link, config, log), waitForKafka);
  const { source, target } = link;
  const topicStates = new TopicStates({ source, target, ownCleanup: config.targetCleanup === 'own' });
  const mirrorMetrics = declareMirrorMetrics(metrics);
  const fail = (error: unknown) => context.fail(error);
  const { instance } = config;
  const options = { link, config, log, topicStates, metrics: mirrorMetrics, instance, fail };
  const shards = await joinLink(options, stopping);
  shards.member?.failed.addEventListener('abort', () => {
    const cause = shards.member?.failed.reason;
    fail(new MirrorError('GROUP', 'The group on the target no longer takes this member', { cause }));
  });
  declareGauges(metrics, shards, config.discoveryIntervalMs);
  const strangers = opened.use(new StrangerWatch(link, log, config.discoveryIntervalMs));
  metrics.gaugeOf(
    'foreign_members',
    'Members of the group of the link that are not mirrors: what they hold is not copied',
    () => strangers.found.length,
  );
  const watch = opened.use(watchStuckLso(source, () => copiedMarks(shards)));
  metrics.gaugeOf(
    'stuck_lso',
    'Source transactions that nobody will end, and which hide what follows (docs/runbooks/stuck-lso.md)',
    () => watch.count,
  );
  const owned = opened.move();
  return {
    notReady: () => [...notProgressing(shards.all, config.stalledAfterMs), ...strangers.inWords()],
    status: () => ({
      link: config.link,
      instance,
      strangers: strangers.found,
      shards: shards.all.map((shard) => shardStatus(shard, config.discoveryIntervalMs)),
    }),
    drain: () => shards.stopAll(),
    async [Symbol.asyncDispose]() {
      await shards.dropAll();
      await owned.disposeAsync();
    },
  };
}

function declareGauges(metrics: Metrics, shards: OwnedShards, discoveryIntervalMs: number): void {
  declarePartitionMetrics(metrics, () => readPartitions(shards.all, discoveryIntervalMs));
  metrics.gaugeOf('shards', 'Shards owned by this process', () => shards.all.length);
  metrics.gaugeOf(
    'partitions_without_room',
    'Source partitions that are not copied, because the link has no target partitions for them (mirror init)',
    () => shards.all.reduce((sum, { withoutRoom }) => sum + withoutRoom.length, 0),
  );
  metrics.gaugeOf(
    'markers_wait_seconds',
    'For how long a shard has waited for markers of its last transaction, which cannot be written',
    () => Math.max(0, ...shards.all.map(({ markersWaitMs }) => markersWaitMs / 1_000)),
  );
}

/** What is known of the source, for those partitions of which anything is. */
function copiedMarks(shards: OwnedShards) {
  return shards.all.flatMap(({ partitions }) =>
    partitions.flatMap(({ topic, partition, ends }) =>
      ends?.lastStableOffset === undefined
        ? []
        : [
            {
              topic,
              partition,
              highWatermark: ends.highWatermark,
              lastStableOffset: ends.lastStableOffset,
            },
          ],
    ),
  );
}

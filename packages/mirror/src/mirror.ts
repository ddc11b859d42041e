import { retrying, type KafkaError } from '@penstock/kafka';
import type { Service, ServiceContext } from '@penstock/service';
import type { MirrorConfig } from './config.ts';
import { Bandwidth } from './copy/bandwidth.ts';
import { MirrorError } from './errors.ts';
import { checkLink } from './link/check-link.ts';
import { openLink } from './link/link-context.ts';
import { watchUnregisteredTopics } from './link/unregistered-topics.ts';
import { strangersInWords, watchStrangers } from './link/strangers.ts';
import { TopicStates } from './link/topic-states.ts';
import { declareMetricsOnDemand } from './metrics-on-demand.ts';
import { declareMirrorMetrics } from './metrics.ts';
import { notProgressing, shardStatus } from './shard/shard-status.ts';
import { joinLink } from './shard/shards.ts';
import { watchSource } from './shard/watch-source.ts';
import { untilDecided } from './until-decided.ts';

/**
 * Connects both clusters, checks the link, and joins its group: from then on it copies the shards that it is
 * given. Waits for clusters that are away, and for a genesis that is hidden. Throws MirrorError and
 * LedgerError for what an operator has to mend.
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
  const check = () => retrying('checking the link', () => checkLink(link, config), waitForKafka);
  await untilDecided(check, stopping, (error) => {
    away = `waiting for the ledger: ${error.message}`;
    log.error({ error }, 'the ledger is hidden: nothing is copied; will be read again');
  });
  const { source, target } = link;
  const topicStates = new TopicStates({ source, target, ownCleanup: config.targetCleanup === 'own' });
  const mirrorMetrics = declareMirrorMetrics(metrics);
  const fail = (error: unknown) => context.fail(error);
  const { instance } = config;
  const bandwidth = new Bandwidth(config.bytesPerSecond ?? Infinity);
  const options = { link, config, log, topicStates, bandwidth, metrics: mirrorMetrics, instance, fail };
  const shards = await joinLink(options, stopping);
  shards.member?.failed.addEventListener('abort', () => {
    const cause = shards.member?.failed.reason;
    fail(new MirrorError('GROUP', 'The group on the target no longer takes this member', { cause }));
  });
  const { discoveryIntervalMs } = config;
  const strangers = opened.use(watchStrangers(link, log, discoveryIntervalMs));
  const unregistered = opened.use(watchUnregisteredTopics(link, config, log, discoveryIntervalMs));
  const stuck = opened.use(watchSource(link, shards));
  const watches = { strangers, unregistered, stuck };
  declareMetricsOnDemand(metrics, { link, shards, ...watches, bandwidth, discoveryIntervalMs });
  const owned = opened.move();
  return {
    notReady: () => [
      ...notProgressing(shards.all, config.stalledAfterMs, bandwidth),
      ...strangersInWords(strangers.found, link.identity.link),
    ],
    status: () => ({
      link: config.link,
      instance,
      strangers: strangers.found,
      unregisteredTopics: unregistered.found,
      shards: shards.all.map((shard) => shardStatus(shard, discoveryIntervalMs)),
    }),
    drain: () => shards.stopAll(),
    async [Symbol.asyncDispose]() {
      await shards.dropAll();
      await owned.disposeAsync();
    },
  };
}

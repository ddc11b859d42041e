import {
  joinGroup,
  type KafkaError,
  memberIdOf,
  retrying,
  topicProblems,
  watchStuckLso,
  type GroupMember,
  type TopicPartition,
} from '@penstock/kafka';
import { checkGenesis, readLedger, type RegisteredTopic } from '@penstock/ledger';
import type { Log, Service, ServiceContext } from '@penstock/service';
import type { MirrorConfig } from './config.ts';
import { MirrorError } from './errors.ts';
import { openLink, type LinkContext } from './link/link-context.ts';
import { declareMirrorMetrics, declarePartitionMetrics } from './metrics.ts';
import { groupOf, pairsTopicOf } from './names.ts';
import { startShard, type Shard } from './shard/shard.ts';
import type { ShardOptions } from './shard/shard-options.ts';
import { readPartitions, shardStatus, stalled } from './shard/shard-status.ts';
import { checkTargetTopics } from './link/target-topics.ts';

/**
 * Connects both clusters, checks the ledger and the target topics, and joins the group of the link: from then on it copies the
 * shards that it is given. Waits for clusters that are away. Throws MirrorError and LedgerError for what an operator has to
 * mend.
 */
export async function startMirror(context: ServiceContext<MirrorConfig>): Promise<Service> {
  const { config, log, metrics, stopping } = context;
  const waitForKafka = {
    deadlineMs: Infinity,
    signal: stopping,
    onError: (error: KafkaError) =>
      log.warn({ code: error.code, error }, 'Kafka is away; will be tried again'),
  };
  await using opened = new AsyncDisposableStack();
  const link = opened.use(await retrying('opening both clusters', () => openLink(config, log), waitForKafka));
  const maxMessageBytes = await retrying(
    'checking the link',
    () => checkLink(link, config, log),
    waitForKafka,
  );
  const shards = new Shards({
    link,
    config,
    log,
    metrics: declareMirrorMetrics(metrics),
    limitsOf: (target) => ({ maxMessageBytes: maxMessageBytes.get(target) ?? 1_048_588 }),
    fail: (error) => context.fail(error),
  });
  declarePartitionMetrics(metrics, () => readPartitions(shards.owned));
  metrics.gaugeOf('shards', 'Shards owned by this process', () => shards.owned.length);
  metrics.gaugeOf(
    'markers_wait_seconds',
    'How long a transactional id has been held up by a decided transaction whose markers cannot be written',
    () => Math.max(0, ...shards.owned.map(({ markersWaitMs }) => markersWaitMs / 1_000)),
  );
  const watch = opened.use(
    watchStuckLso(link.source, () => shards.owned.flatMap(({ partitions }) => partitions)),
  );
  metrics.gaugeOf(
    'stuck_lso',
    'Transactions in the source that nobody will end: nothing behind them is visible (docs/runbooks/stuck-lso.md)',
    () => watch.count,
  );
  const member = await joinLinkGroup(link, config, shards, stopping);
  member.failed.addEventListener('abort', () => {
    context.fail(
      new MirrorError('GROUP', 'The group on the target no longer takes this member', {
        cause: member.failed.reason,
      }),
    );
  });
  shards.member = member;
  const owned = opened.move();
  return {
    notReady: () => stalled(shards.owned, config.stalledAfterMs),
    status: () => ({ link: config.link, instance: config.instance, shards: shards.owned.map(shardStatus) }),
    drain: async () => {
      await shards.stopAll();
      await member.leave();
    },
    async [Symbol.asyncDispose]() {
      await shards.dropAll();
      await member.leave();
      await owned.disposeAsync();
    },
  };
}

/** Refuses what is not a link that init made. Answers max.message.bytes by target topic. */
async function checkLink(link: LinkContext, config: MirrorConfig, log: Log): Promise<Map<string, number>> {
  const { identity, singleReplica } = link;
  const topics = await registeredTopics(link, await ledgerPartitions(link));
  for (const wanted of config.topics) {
    const [name] = wanted.split(':', 1);
    if (topics.some((topic) => topic.name === name)) continue;
    log.warn({ topic: name }, 'Topic is configured and not registered, so it is not copied: run mirror init');
  }
  return link.withAdmins(async (admins) => {
    const needs = [
      { name: identity.ledgerTopic, configs: { 'cleanup.policy': 'compact' } },
      { name: pairsTopicOf(identity.link) },
    ];
    const found = await admins.target.describeTopics(needs.map(({ name }) => name));
    const problems = topicProblems(needs, found, { singleReplica });
    if (problems.length > 0) throw new MirrorError('NO_LEDGER', problems.join('; '));
    return checkTargetTopics({ ...admins, singleReplica }, topics);
  });
}

async function ledgerPartitions({ target, identity }: LinkContext): Promise<number> {
  await target.refresh(identity.ledgerTopic);
  const ledger = target.knownTopic(identity.ledgerTopic);
  if (ledger === undefined) {
    throw new MirrorError(
      'NO_LEDGER',
      `The target has no topic ${identity.ledgerTopic}: run "mirror init --link ${identity.link}" once. If this link has run before, ` +
        'its ledger is lost, and to begin anew would copy everything again',
    );
  }
  return ledger.partitions.length;
}

/** Every partition of the ledger must have its genesis before any is worked with. */
async function registeredTopics(link: LinkContext, partitions: number): Promise<RegisteredTopic[]> {
  const { identity, target } = link;
  const topics = new Map<string, RegisteredTopic>();
  for (let shard = 0; shard < partitions; shard += 1) {
    const { genesis } = await readLedger(target, identity.ledgerTopic, shard);
    checkGenesis(genesis, identity, partitions);
    for (const topic of genesis.topics) topics.set(topic.name, topic);
  }
  return [...topics.values()];
}

async function joinLinkGroup(
  link: LinkContext,
  config: MirrorConfig,
  shards: Shards,
  signal: AbortSignal,
): Promise<GroupMember> {
  const indexes = (partitions: TopicPartition[]) => partitions.map(({ partition }) => partition);
  return joinGroup(link.target, {
    groupId: groupOf(config.link),
    memberId: memberIdOf(`${groupOf(config.link)}.${config.instance}`),
    topics: [link.identity.ledgerTopic],
    signal,
    onAssigned: (partitions) => shards.start(indexes(partitions)),
    onRevoked: (partitions) => shards.stop(indexes(partitions)),
    onLost: (partitions) => shards.drop(indexes(partitions)),
  });
}

/** The shards that the group has given to this process. */
class Shards {
  member: GroupMember | undefined;
  readonly #options: Omit<ShardOptions, 'shard' | 'stillAssigned'>;
  readonly #owned = new Map<number, Shard>();

  constructor(options: Omit<ShardOptions, 'shard' | 'stillAssigned'>) {
    this.#options = options;
  }

  get owned(): readonly Shard[] {
    return [...this.#owned.values()];
  }

  start(indexes: readonly number[]): void {
    for (const shard of indexes) {
      const stillAssigned = () => this.#stillAssigned(shard);
      this.#owned.set(shard, startShard({ ...this.#options, shard, stillAssigned }));
    }
  }

  /** Settles when what was open is committed. */
  async stop(indexes: readonly number[]): Promise<void> {
    await this.#end(indexes, (shard) => shard.stop());
  }

  async drop(indexes: readonly number[]): Promise<void> {
    await this.#end(indexes, (shard) => shard.drop());
  }

  stopAll(): Promise<void> {
    return this.stop([...this.#owned.keys()]);
  }

  dropAll(): Promise<void> {
    return this.drop([...this.#owned.keys()]);
  }

  async #end(indexes: readonly number[], end: (shard: Shard) => Promise<void>): Promise<void> {
    await Promise.all(
      indexes.map(async (index) => {
        const shard = this.#owned.get(index);
        if (shard === undefined) return;
        await end(shard);
        if (this.#owned.get(index) === shard) this.#owned.delete(index);
      }),
    );
  }

  async #stillAssigned(shard: number): Promise<boolean> {
    const { member } = this;
    if (member === undefined) return false;
    await member.heartbeatNow();
    return member.assignment.some(({ partition }) => partition === shard);
  }
}

import { describeTopics, KafkaError, topicProblems, type Cluster, type TopicSettings } from '@penstock/kafka';
import { checkGenesis, readLedger, type RegisteredTopic } from '@penstock/ledger';
import { singleReplicaAllowedBy, type MirrorConfig } from '../config.ts';
import { MirrorError } from '../errors.ts';
import { pairsTopicOf, rejectedTopicOf } from '../names.ts';
import type { LinkContext } from './link-context.ts';
import { replicationProblems } from './target-topics.ts';

/**
 * Refuses to start what is not a link that init made, or what cannot keep what it takes. Settings of single
 * topics are none of it: they pause their topic, and the others go on. Throws MirrorError and LedgerError.
 */
export async function checkLink(link: LinkContext, config: Pick<MirrorConfig, 'oversize'>): Promise<void> {
  const { identity, singleReplica } = link;
  const topics = await registeredTopics(link, await shardsOf(link));
  const needs = [
    { name: identity.ledgerTopic, configs: { 'cleanup.policy': 'compact' } },
    { name: pairsTopicOf(identity.link) },
    ...(config.oversize === 'reject' ? [{ name: rejectedTopicOf(identity.link) }] : []),
  ];
  const own = await settingsOf(
    link.target,
    needs.map(({ name }) => name),
  );
  const problems = topicProblems(needs, own, {
    singleReplica: singleReplica.target,
    allowedBy: singleReplicaAllowedBy.target,
  });
  if (problems.length > 0) throw new MirrorError('NO_LEDGER', problems.join('; '));
  const sources = await settingsOf(
    link.source,
    topics.map(({ name }) => name),
  );
  const targets = await settingsOf(link.target, [...new Set(topics.map(({ target }) => target))]);
  const tooFew = replicationProblems(singleReplica, topics, sources, targets);
  if (tooFew.length > 0) throw new MirrorError('TARGET_TOPICS', tooFew.join('; '));
}

/** Topics that this user may not look at are left out: whoever copies them finds that out, one by one. */
async function settingsOf(cluster: Cluster, names: readonly string[]): Promise<TopicSettings[]> {
  const described = await describeTopics(cluster, names);
  return [...described.values()].flatMap(({ configs, ...topic }) =>
    configs instanceof KafkaError ? [] : [{ ...topic, configs }],
  );
}

/** How many partitions the ledger has. Throws MirrorError NO_LEDGER. */
export async function shardsOf({ target, identity }: LinkContext): Promise<number> {
  await target.refresh(identity.ledgerTopic);
  const ledger = target.knownTopic(identity.ledgerTopic);
  if (ledger !== undefined) return ledger.partitions.length;
  throw new MirrorError(
    'NO_LEDGER',
    `The target has no topic ${identity.ledgerTopic}: run "mirror init --link ${identity.link}" once. ` +
      'If this link has run before, its ledger is lost, and a new beginning would copy everything again',
  );
}

/** Every partition of the ledger must have its genesis before anything is done with one of them. */
async function registeredTopics(
  { identity, target }: LinkContext,
  shards: number,
): Promise<RegisteredTopic[]> {
  const topics = new Map<string, RegisteredTopic>();
  for (let shard = 0; shard < shards; shard += 1) {
    const { genesis } = await readLedger(target, identity.ledgerTopic, shard);
    checkGenesis(genesis, identity, shards);
    for (const topic of genesis.topics) topics.set(topic.name, topic);
  }
  return [...topics.values()];
}

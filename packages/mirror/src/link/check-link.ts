import { describeTopics, KafkaError, topicProblems, type Cluster, type TopicSettings } from '@penstock/kafka';
import { checkGenesis, lookAtLedger, type RegisteredTopic } from '@penstock/ledger';
import { singleReplicaAllowedBy, type MirrorConfig } from '../config.ts';
import { MirrorError } from '../errors.ts';
import { pairsTopicOf, rejectedTopicOf } from '../names.ts';
import type { LinkContext } from './link-context.ts';
import { shardCount } from './shard-count.ts';
import { linkReplicationProblems } from './target-topics.ts';

/**
 * Refuses to start what is not a link that init made, or what cannot keep what it takes. Settings of single
 * topics are none of it: they pause their topic, and the others go on. Throws MirrorError and LedgerError.
 */
export async function checkLink(link: LinkContext, config: Pick<MirrorConfig, 'oversize'>): Promise<void> {
  const { identity, singleReplica } = link;
  const topics = await registeredTopics(link, await shardCount(link));
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
  const tooFew = linkReplicationProblems(singleReplica, topics, sources, targets);
  if (tooFew.length > 0) throw new MirrorError('TARGET_TOPICS', tooFew.join('; '));
}

/** Topics that this user may not look at are left out: whoever copies them finds that out, one by one. */
async function settingsOf(cluster: Cluster, names: readonly string[]): Promise<TopicSettings[]> {
  const described = await describeTopics(cluster, names);
  return [...described.values()].flatMap(({ configs, ...topic }) =>
    configs instanceof KafkaError ? [] : [{ ...topic, configs }],
  );
}

/** Every partition of the ledger must have its genesis before anything is done with one of them. */
async function registeredTopics(
  { identity, target }: LinkContext,
  shards: number,
): Promise<RegisteredTopic[]> {
  const topics = new Map<string, RegisteredTopic>();
  for (let shard = 0; shard < shards; shard += 1) {
    const { genesis } = await lookAtLedger(target, identity.ledgerTopic, shard, { patienceMs: 0 });
    checkGenesis(genesis, identity, shards);
    for (const topic of genesis.topics) topics.set(topic.name, topic);
  }
  return [...topics.values()];
}

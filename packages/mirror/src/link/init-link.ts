import { encodeBatch, openTxnSession, type Admin } from '@penstock/kafka';
import { genesisRecord, LedgerError, readLedger, transactionalIdOf, type Genesis } from '@penstock/ledger';
import type { MirrorConfig } from '../config.ts';
import { MirrorError } from '../errors.ts';
import type { LinkContext } from './link-context.ts';
import { linkOfLedger, pairsTopicOf } from '../names.ts';
import { partitionsNeeded, registerTopics, targetName, type WantedTopic } from './register-topics.ts';
import { checkTargetTopics, createTargetTopics, replication } from './target-topics.ts';

/**
 * Creates a link, or registers more topics of one. Safe to run again, and to break off anywhere: a ledger partition without its
 * genesis is refused by the mirror, and the next init completes it. Run one init at a time on a target: ranges are given
 * by looking at those of the other links. Answers what it did, a line each.
 */
export async function initLink(
  config: Pick<MirrorConfig, 'naming' | 'shards' | 'topics'>,
  link: LinkContext,
): Promise<string[]> {
  return link.withAdmins(async (admins) => {
    const report: string[] = [];
    const shards = await createLedger(config.shards, link, admins.target, report);
    const known = await readGeneses(link, link.identity.ledgerTopic, shards);
    const newest = known.reduce<Genesis | undefined>(newer, undefined);
    const genesis = await planGenesis(config, link, admins, shards, newest);
    await prepareTargets(link, admins, genesis, report);
    for (let shard = 0; shard < shards; shard += 1) {
      if (known[shard]?.generation === genesis.generation) continue;
      await writeGenesis(link, shard, genesis);
      report.push(`wrote the genesis of shard ${shard}`);
    }
    for (const { name, target, firstTargetPartition: first, width } of genesis.topics) {
      report.push(`${name} -> ${target} partitions ${first} to ${first + width - 1}`);
    }
    return report;
  });
}

/** Small segments: the ledger is written with every commit, and compaction leaves active segments alone. */
const ledgerConfigs = {
  'cleanup.policy': 'compact',
  'segment.bytes': String(16 * 1024 * 1024),
  'segment.ms': '3600000',
  'min.cleanable.dirty.ratio': '0.05',
};

async function createLedger(
  wantedShards: number,
  { identity, singleReplica }: LinkContext,
  target: Admin,
  report: string[],
): Promise<number> {
  const { ledgerTopic, link } = identity;
  const [existing] = await target.describeTopics([ledgerTopic]);
  const shards = existing?.partitions ?? wantedShards;
  if (existing !== undefined && existing.configs['cleanup.policy'] !== 'compact') {
    throw new MirrorError(
      'NO_LEDGER',
      `${ledgerTopic} exists and is not compacted: it is not what init made`,
    );
  }
  const created = await target.createTopics([
    { name: ledgerTopic, partitions: shards, ...replication(singleReplica, ledgerConfigs) },
    {
      name: pairsTopicOf(link),
      partitions: shards,
      ...replication(singleReplica, { 'cleanup.policy': 'delete', 'retention.ms': '604800000' }),
    },
  ]);
  for (const name of created) report.push(`created ${name} with ${shards} partitions`);
  return shards;
}

/** By shard; undefined where there is none yet. */
async function readGeneses(
  link: LinkContext,
  ledgerTopic: string,
  shards: number,
): Promise<(Genesis | undefined)[]> {
  const geneses: (Genesis | undefined)[] = [];
  for (let shard = 0; shard < shards; shard += 1) {
    try {
      geneses.push((await readLedger(link.target, ledgerTopic, shard)).genesis);
    } catch (error) {
      if (!(error instanceof LedgerError) || error.code !== 'NO_GENESIS') throw error;
      geneses.push(undefined);
    }
  }
  return geneses;
}

function newer(one: Genesis | undefined, other: Genesis | undefined): Genesis | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return other.generation > one.generation ? other : one;
}

async function planGenesis(
  config: Pick<MirrorConfig, 'naming' | 'topics'>,
  link: LinkContext,
  admins: { source: Admin; target: Admin },
  shards: number,
  newest: Genesis | undefined,
): Promise<Genesis> {
  const { identity } = link;
  const wanted = await wantedTopics(config.topics, link);
  const others: Genesis[] = [];
  for (const topic of await admins.target.topicNames()) {
    if (linkOfLedger(topic) === undefined || topic === identity.ledgerTopic) continue;
    const [genesis] = await readGeneses(link, topic, 1);
    if (genesis !== undefined) others.push(genesis);
  }
  const known = newest?.topics ?? [];
  const registered = registerTopics(wanted, known, others, targetName(config.naming, identity.link));
  if (registered.kind === 'refused') throw new MirrorError('TARGET_RANGES', registered.problems.join('; '));
  const { topics } = registered;
  const same = newest !== undefined && JSON.stringify(topics) === JSON.stringify(known);
  const { link: name, sourceClusterId, targetClusterId } = identity;
  const generation = (newest?.generation ?? 0) + (same ? 0 : 1);
  const genesis = { link: name, shards, sourceClusterId, targetClusterId, generation, topics };
  for (const side of ['sourceClusterId', 'targetClusterId'] as const) {
    if (newest === undefined || newest[side] === genesis[side]) continue;
    throw new LedgerError(
      'OTHER_CLUSTER',
      `Link ${name} has ${side} ${newest[side]}, and this is ${genesis[side]}`,
    );
  }
  return genesis;
}

async function wantedTopics(names: readonly string[], { source }: LinkContext): Promise<WantedTopic[]> {
  const wanted = names.map((text) => {
    const [name = '', width] = text.split(':');
    return { name, width: width === undefined ? undefined : Number(width) };
  });
  await source.refresh(...wanted.map(({ name }) => name));
  return wanted.map(({ name, width }) => {
    const topic = source.knownTopic(name);
    return { name, width, source: topic && { id: topic.id, partitions: topic.partitions.length } };
  });
}

/** Creates target topics that are missing, gives those that are too small more partitions, and checks the rest. */
async function prepareTargets(
  link: LinkContext,
  admins: { source: Admin; target: Admin },
  genesis: Genesis,
  report: string[],
): Promise<void> {
  const sides = { ...admins, singleReplica: link.singleReplica };
  const created = await createTargetTopics(sides, genesis.topics);
  for (const name of created) report.push(`created ${name}`);
  const found = await admins.target.describeTopics([...new Set(genesis.topics.map(({ target }) => target))]);
  for (const { name, partitions } of found) {
    const needed = partitionsNeeded(name, genesis.topics);
    if (partitions >= needed) continue;
    await admins.target.addPartitions(name, needed);
    report.push(`${name} has ${needed} partitions now, instead of ${partitions}`);
  }
  await checkTargetTopics(sides, genesis.topics);
}

/**
 * In a transaction of its own under the shard's id: a mirror that runs is fenced, takes the shard over again and reads it. A
 * death before the commit leaves nothing behind.
 */
async function writeGenesis(
  { target, identity }: LinkContext,
  shard: number,
  genesis: Genesis,
): Promise<void> {
  const transactionalId = transactionalIdOf(identity.ledgerTopic, shard);
  await using session = await openTxnSession(target, { transactionalId });
  session.append(identity.ledgerTopic, shard, encodeBatch([genesisRecord(shard, genesis, Date.now())]));
  await session.commit();
}

import { encodeBatch, openTransactionSession, type Admin } from '@penstock/kafka';
import {
  genesisRecord,
  LedgerError,
  transactionalIdOf,
  type Genesis,
  type RegisteredTopic,
} from '@penstock/ledger';
import { singleReplicaAllowedBy, type MirrorConfig } from '../config.ts';
import { MirrorError } from '../errors.ts';
import { pairsTopicOf, rejectedTopicOf } from '../names.ts';
import { wallClockMs } from '../wall-clock.ts';
import type { LinkContext } from './link-context.ts';
import { circles, originsOf } from './link-graph.ts';
import { linksInto, readGeneses } from './read-geneses.ts';
import { refusedNames } from './refused-names.ts';
import {
  partitionsNeeded,
  rangesInWords,
  registerTopics,
  targetName,
  type Naming,
  type ResolvedTopic,
} from './register-topics.ts';
import { checkTargetTopics, createTargetTopics, replication } from './target-topics.ts';
import { emptyPatterns, wantedTopics, type WantedName } from './wanted-topics.ts';

type InitConfig = Pick<MirrorConfig, 'naming' | 'shards' | 'targetCleanup' | 'topics' | 'topicsDenied'>;
type Admins = { source: Admin; target: Admin };

/**
 * Creates a link, or registers more topics of one. It is safe to run it again, and to break it off anywhere:
 * the mirror refuses a ledger partition without its genesis, and the next init completes it. Run one init at
 * a time on a target, because ranges are given by looking at those of the other links. Returns what it did,
 * a line each.
 */
export async function initLink(config: InitConfig, link: LinkContext): Promise<string[]> {
  return link.withAdmins(async (admins) => {
    const report: string[] = [];
    const shards = await findShards(config.shards, link, admins.target);
    const known = await knownGeneses(link, shards);
    const newest = known.reduce<Genesis | undefined>(newer, undefined);
    const names = wantedTopics(config.topics, config.topicsDenied, await admins.source.topicNames());
    const genesis = await planGenesis(config.naming, names, link, admins, shards.count, newest);
    await refuseNames(link, admins.target, genesis);
    await createLedger(shards.count, link, admins.target, report);
    await prepareTargets(config, link, admins, genesis, report);
    for (let shard = 0; shard < shards.count; shard += 1) {
      if (known[shard]?.generation === genesis.generation) continue;
      await writeGenesis(link, shard, genesis);
      report.push(`wrote the genesis of shard ${shard}`);
    }
    // Also those that the configuration does not name any more.
    await link.source.refresh(...genesis.topics.map(({ name }) => name));
    for (const { name, target, ranges } of genesis.topics) {
      const missing =
        link.source.knownTopic(name) === undefined ? '; the source shows no such topic yet' : '';
      report.push(`${name} -> ${target} partitions ${rangesInWords(ranges)}${missing}`);
    }
    for (const pattern of emptyPatterns(config.topics, names)) {
      report.push(`${pattern} finds no topic to copy`);
    }
    return report;
  });
}

interface Shards {
  readonly count: number;
  readonly exist: boolean;
}

async function findShards(wanted: number, { identity }: LinkContext, target: Admin): Promise<Shards> {
  const [existing] = await target.describeTopics([identity.ledgerTopic]);
  if (existing !== undefined && existing.configs['cleanup.policy'] !== 'compact') {
    throw new MirrorError(
      'NO_LEDGER',
      `${identity.ledgerTopic} exists and is not compacted: it is not what init made`,
    );
  }
  return { count: existing?.partitions ?? wanted, exist: existing !== undefined };
}

async function knownGeneses(
  { target, identity }: LinkContext,
  { count, exist }: Shards,
): Promise<(Genesis | undefined)[]> {
  return exist ? readGeneses(target, identity.ledgerTopic, count) : [];
}

/**
 * Small segments: the ledger is written with every commit, and compaction leaves the active segment alone.
 */
const ledgerConfigs = {
  'cleanup.policy': 'compact',
  'segment.bytes': String(16 * 1024 * 1024),
  'segment.ms': '3600000',
  'min.cleanable.dirty.ratio': '0.05',
};

async function createLedger(
  shards: number,
  { identity, singleReplica }: LinkContext,
  target: Admin,
  report: string[],
): Promise<void> {
  const pairsConfigs = { 'cleanup.policy': 'delete', 'retention.ms': '604800000' };
  // As long as the Input Filter's events.rejected.
  const rejectedConfigs = { 'cleanup.policy': 'delete', 'retention.ms': '2592000000' };
  const created = await target.createTopics(
    [
      {
        name: identity.ledgerTopic,
        partitions: shards,
        ...replication(singleReplica.target, ledgerConfigs),
      },
      {
        name: pairsTopicOf(identity.link),
        partitions: shards,
        ...replication(singleReplica.target, pairsConfigs),
      },
      {
        name: rejectedTopicOf(identity.link),
        partitions: shards,
        ...replication(singleReplica.target, rejectedConfigs),
      },
    ],
    singleReplicaAllowedBy.target,
  );
  for (const name of created) report.push(`created ${name} with ${shards} partitions`);
}

function newer(one: Genesis | undefined, other: Genesis | undefined): Genesis | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return other.generation > one.generation ? other : one;
}

async function planGenesis(
  naming: Naming,
  names: readonly WantedName[],
  link: LinkContext,
  admins: Admins,
  shards: number,
  newest: Genesis | undefined,
): Promise<Genesis> {
  const { identity } = link;
  const { link: name, sourceClusterId, targetClusterId } = identity;
  const wanted = await lookUpTopics(names, link, admins.source);
  const others = await linksInto(link.target, admins.target, identity.ledgerTopic);
  const known = newest?.topics ?? [];
  const registered = registerTopics(wanted, known, others, targetName(naming, name));
  if (registered.kind === 'refused') throw new MirrorError('TARGET_RANGES', registered.problems.join('; '));
  const { topics } = registered;
  refuseCircles(targetClusterId, topics);
  const same = newest !== undefined && JSON.stringify(topics) === JSON.stringify(known);
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

/** Before anything is made: a ledger without its target topics would be half a link. */
async function refuseNames(
  { identity: { link, ledgerTopic } }: LinkContext,
  target: Admin,
  { topics }: Genesis,
): Promise<void> {
  const existing = await target.topicNames();
  const beside = [ledgerTopic, pairsTopicOf(link), rejectedTopicOf(link)];
  const targets = topics.map((topic) => topic.target);
  const problems = [...refusedNames(beside, existing), ...refusedNames(targets, [...existing, ...beside])];
  if (problems.length > 0) throw new MirrorError('TARGET_TOPICS', problems.join('; '));
}

function refuseCircles(targetClusterId: string, topics: readonly RegisteredTopic[]): void {
  const problems = circles(targetClusterId, topics);
  if (problems.length > 0) throw new MirrorError('CIRCLE', problems.join('; '));
}

async function lookUpTopics(
  wanted: readonly WantedName[],
  { source }: LinkContext,
  admin: Admin,
): Promise<ResolvedTopic[]> {
  await source.refresh(...wanted.map(({ name }) => name));
  const besideSource = await linksInto(source, admin);
  return wanted.map(({ name, width }) => {
    const topic = source.knownTopic(name);
    const found = topic && { id: topic.id, partitions: topic.partitions.length };
    return { name, width, source: found, origins: originsOf(name, besideSource) };
  });
}

/**
 * Creates target topics that are missing, gives those that are too small more partitions, and checks the
 * rest.
 */
async function prepareTargets(
  { targetCleanup }: InitConfig,
  { singleReplica }: LinkContext,
  admins: Admins,
  { topics }: Genesis,
  report: string[],
): Promise<void> {
  const sides = { ...admins, singleReplica };
  const created = await createTargetTopics(sides, topics);
  for (const name of created) report.push(`created ${name}`);
  const found = await admins.target.describeTopics([...new Set(topics.map(({ target }) => target))]);
  for (const { name, partitions } of found) {
    const needed = partitionsNeeded(name, topics);
    if (partitions >= needed) continue;
    await admins.target.addPartitions(name, needed);
    report.push(`${name} has ${needed} partitions now, instead of ${partitions}`);
  }
  await checkTargetTopics(sides, topics, targetCleanup === 'own');
}

/**
 * In a transaction of its own, under the shard's id. A mirror that runs is fenced, takes the shard over
 * again and reads the genesis. A death before the commit leaves nothing behind.
 */
async function writeGenesis(
  { target, identity }: LinkContext,
  shard: number,
  genesis: Genesis,
): Promise<void> {
  const transactionalId = transactionalIdOf(identity.ledgerTopic, shard);
  await using session = await openTransactionSession(target, { transactionalId });
  session.append(identity.ledgerTopic, shard, encodeBatch([genesisRecord(shard, genesis, wallClockMs())]));
  await session.commit();
}

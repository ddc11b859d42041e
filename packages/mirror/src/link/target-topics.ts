import { topicProblems, type Admin, type TopicSettings } from '@penstock/kafka';
import type { RegisteredTopic } from '@penstock/ledger';
import { MirrorError } from '../errors.ts';
import { partitionsNeeded } from './register-topics.ts';

/** What a target topic is created with: these as at the source, and what copying needs. */
const copiedSettings = [
  'cleanup.policy',
  'retention.ms',
  'retention.bytes',
  'max.message.bytes',
  'message.timestamp.before.max.ms',
  'message.timestamp.after.max.ms',
] as const;

/** Batches must come out as they went in: not compressed anew, records with their own times. */
const neededSettings = { 'compression.type': 'producer', 'message.timestamp.type': 'CreateTime' };

/** Else the target would refuse what the source took. */
const neededAtLeast = [
  'max.message.bytes',
  'message.timestamp.before.max.ms',
  'message.timestamp.after.max.ms',
] as const;

export interface Sides {
  readonly source: Admin;
  readonly target: Admin;
  readonly singleReplica: boolean;
}

/**
 * Creates the target topics that are missing and answers their names. One whose source is not there yet gets what copying
 * needs, and the broker's own settings else.
 */
export async function createTargetTopics(
  sides: Sides,
  topics: readonly RegisteredTopic[],
): Promise<string[]> {
  const sources = await sides.source.describeTopics(topics.map(({ name }) => name));
  const wanted = new Map<string, TopicSettings>();
  for (const { name, target } of topics) {
    const source = sources.find((found) => found.name === name);
    if (wanted.has(target)) continue;
    const copied = copiedSettings.flatMap((key) => {
      const value = source?.configs[key];
      return value === undefined ? [] : [[key, value] as const];
    });
    wanted.set(target, {
      name: target,
      partitions: partitionsNeeded(target, topics),
      ...replication(sides.singleReplica, { ...Object.fromEntries(copied), ...neededSettings }),
    });
  }
  return sides.target.createTopics([...wanted.values()]);
}

/** Replication as every promise needs it. */
export function replication(
  singleReplica: boolean,
  configs: Record<string, string>,
): Pick<TopicSettings, 'replicationFactor' | 'configs'> {
  return {
    replicationFactor: singleReplica ? 1 : 3,
    configs: {
      ...configs,
      'min.insync.replicas': singleReplica ? '1' : '2',
      'unclean.leader.election.enable': 'false',
    },
  };
}

/**
 * Compares every target topic with its source topic. Throws MirrorError TARGET_TOPICS with all differences; answers
 * max.message.bytes of each target topic.
 */
export async function checkTargetTopics(
  sides: Sides,
  topics: readonly RegisteredTopic[],
): Promise<Map<string, number>> {
  const sources = await sides.source.describeTopics(topics.map(({ name }) => name));
  const targets = await sides.target.describeTopics([...new Set(topics.map(({ target }) => target))]);
  const problems = topics.flatMap((topic) => {
    const source = sources.find(({ name }) => name === topic.name);
    // A topic that is not at the source yet has no copy either; it is looked at when it comes.
    return source === undefined ? [] : differences(topic, source, targets, topics, sides.singleReplica);
  });
  if (problems.length > 0) throw new MirrorError('TARGET_TOPICS', [...new Set(problems)].join('; '));
  return new Map(targets.map(({ name, configs }) => [name, Number(configs['max.message.bytes'])]));
}

function differences(
  topic: RegisteredTopic,
  source: TopicSettings,
  targets: readonly TopicSettings[],
  topics: readonly RegisteredTopic[],
  singleReplica: boolean,
): string[] {
  const configsAtLeast = Object.fromEntries(
    neededAtLeast.map((key) => [key, Number(source.configs[key] ?? 0)]),
  );
  const need = { name: topic.target, configs: neededSettings, configsAtLeast };
  const problems = topicProblems([need], targets, { singleReplica });
  const needed = partitionsNeeded(topic.target, topics);
  const found = targets.find(({ name }) => name === topic.target)?.partitions ?? needed;
  if (found < needed) {
    problems.push(`topic ${topic.target}: has ${found} partitions, needs ${needed} for this link`);
  }
  return problems;
}

import { topicProblems, type Admin, type TopicSettings } from '@penstock/kafka';
import type { RegisteredTopic } from '@penstock/ledger';
import { singleReplicaAllowedBy as allowedBy } from '../config.ts';
import { MirrorError } from '../errors.ts';
import { partitionsNeeded } from './register-topics.ts';
import { copiedSettings, neededSettings, targetDifferences } from './target-differences.ts';

export interface Sides {
  readonly source: Admin;
  readonly target: Admin;
  /** Whether topics may have a single replica, on either side. */
  readonly singleReplica: { readonly source: boolean; readonly target: boolean };
}

/**
 * Creates the target topics that are missing and answers their names. One whose source does not exist yet
 * gets what copying needs, and the settings of the broker otherwise. Whether they suit the source is
 * compared when it comes.
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
      ...replication(sides.singleReplica.target, { ...Object.fromEntries(copied), ...neededSettings }),
    });
  }
  return sides.target.createTopics([...wanted.values()], allowedBy.target);
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
 * For `init`: throws MirrorError TARGET_TOPICS with every difference between a target topic and its source.
 */
export async function checkTargetTopics(
  sides: Sides,
  topics: readonly RegisteredTopic[],
  ownCleanup: boolean,
): Promise<void> {
  const sources = await sides.source.describeTopics(topics.map(({ name }) => name));
  const targets = await sides.target.describeTopics([...new Set(topics.map(({ target }) => target))]);
  const problems = topics.flatMap((topic) => {
    const source = sources.find(({ name }) => name === topic.name);
    const target = targets.find(({ name }) => name === topic.target);
    // A topic that the source does not have yet has no copy either. It is compared when it comes.
    if (source === undefined || target === undefined) return [];
    const { changes, deletes, refuses } = targetDifferences(source.configs, target.configs);
    return [...changes, ...(ownCleanup ? [] : deletes), ...refuses].map(
      (problem) => `topic ${topic.target}: ${problem}`,
    );
  });
  problems.push(...linkReplicationProblems(sides.singleReplica, topics, sources, targets));
  if (problems.length > 0) throw new MirrorError('TARGET_TOPICS', [...new Set(problems)].join('; '));
}

/** Which topics of either side have too few replicas to keep what they took, in words. */
export function linkReplicationProblems(
  singleReplica: Sides['singleReplica'],
  topics: readonly RegisteredTopic[],
  sources: readonly TopicSettings[],
  targets: readonly TopicSettings[],
): string[] {
  const needs = (found: readonly TopicSettings[]) => found.map(({ name }) => ({ name }));
  const registered = new Set(topics.map(({ name }) => name));
  const sourcesFound = sources.filter(({ name }) => registered.has(name));
  return [
    ...topicProblems(needs(sourcesFound), sourcesFound, {
      singleReplica: singleReplica.source,
      allowedBy: allowedBy.source,
    }).map((problem) => `source ${problem}`),
    ...topicProblems(needs(targets), targets, {
      singleReplica: singleReplica.target,
      allowedBy: allowedBy.target,
    }),
  ];
}

import type { TopicSettings } from './admin.ts';

/** What a service needs of a topic before it may promise anything about it. */
export interface TopicNeeds {
  name: string;
  /** Exactly so many, when the service depends on it. */
  partitions?: number;
  /** `key: value` that must be equal, as Kafka names them. */
  configs?: Record<string, string>;
  /** `max.message.bytes` and the like: at least this number. */
  configsAtLeast?: Record<string, number>;
}

/**
 * Says how topics differ from what is needed, a sentence each; an empty list when nothing does. Replication is part of
 * every promise: three copies, two of them in sync, no unclean election; `singleReplica` drops just that.
 */
export function topicProblems(
  needs: readonly TopicNeeds[],
  found: readonly TopicSettings[],
  options: { singleReplica: boolean },
): string[] {
  return needs.flatMap((need) => {
    const topic = found.find(({ name }) => name === need.name);
    if (!topic) return [`topic ${need.name} does not exist`];
    return [...shapeProblems(need, topic), ...(options.singleReplica ? [] : replicationProblems(topic))].map(
      (problem) => `topic ${need.name}: ${problem}`,
    );
  });
}

function shapeProblems(need: TopicNeeds, topic: TopicSettings): string[] {
  const problems: string[] = [];
  if (need.partitions !== undefined && need.partitions !== topic.partitions) {
    problems.push(`has ${topic.partitions} partitions, needs ${need.partitions}`);
  }
  for (const [key, wanted] of Object.entries(need.configs ?? {})) {
    const value = topic.configs[key];
    if (value !== wanted) problems.push(`${key} is ${value ?? 'unset'}, needs ${wanted}`);
  }
  for (const [key, least] of Object.entries(need.configsAtLeast ?? {})) {
    const value = Number(topic.configs[key]);
    if (!(value >= least))
      problems.push(`${key} is ${topic.configs[key] ?? 'unset'}, needs ${least} or more`);
  }
  return problems;
}

function replicationProblems(topic: TopicSettings): string[] {
  const problems: string[] = [];
  if (topic.replicationFactor < 3) problems.push(`replication factor is ${topic.replicationFactor}, needs 3`);
  if (!(Number(topic.configs['min.insync.replicas']) >= 2)) {
    problems.push(`min.insync.replicas is ${topic.configs['min.insync.replicas'] ?? 'unset'}, needs 2`);
  }
  if (topic.configs['unclean.leader.election.enable'] !== 'false') {
    problems.push('unclean.leader.election.enable must be false');
  }
  return problems;
}

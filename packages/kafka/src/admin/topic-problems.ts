import type { TopicSettings } from './admin.ts';

/**
 * What a service needs of a topic before it may promise anything about it. Settings are named as Kafka
 * names them.
 */
export interface TopicNeeds {
  readonly name: string;
  /** Exactly so many, when the service depends on it. */
  readonly partitions?: number;
  readonly partitionsAtLeast?: number;
  /** Settings that must be equal. */
  readonly configs?: Readonly<Record<string, string>>;
  /**
   * `max.message.bytes` and the like: at least this number. -1 is Kafka's word for "no limit" and is always
   * enough.
   */
  readonly configsAtLeast?: Readonly<Record<string, number>>;
  /** What a setting that is wrong would do, by its name: the sentence ends with it. */
  readonly because?: Readonly<Record<string, string>>;
}

export interface TopicCheckOptions {
  /** Drops what is said of replication, and nothing else. */
  readonly singleReplica: boolean;
  /** What an operator sets to accept a single replica, e.g. `PENSTOCK_KAFKA_SINGLE_REPLICA=allowed`. */
  readonly allowedBy?: string;
}

/**
 * Says how topics differ from what is needed, a sentence each; an empty list when nothing does. Replication
 * is part of every promise: three copies, two of them in sync, no unclean election.
 */
export function topicProblems(
  needs: readonly TopicNeeds[],
  found: readonly TopicSettings[],
  options: TopicCheckOptions,
): string[] {
  return needs.flatMap((need) => {
    const topic = found.find(({ name }) => name === need.name);
    if (!topic) return [noSuchTopic(need.name)];
    const replication = options.singleReplica ? [] : replicationProblems(topic, options.allowedBy);
    return [...countProblems(need, topic), ...settingProblems(need, topic), ...replication].map(
      (problem) => `topic ${need.name}: ${problem}`,
    );
  });
}

/** Kafka shows a topic only to those who may describe it: for the others it is as if it were not there. */
export function noSuchTopic(name: string): string {
  return `topic ${name} does not exist, or this user lacks Describe on it`;
}

function countProblems({ partitions, partitionsAtLeast = 0 }: TopicNeeds, topic: TopicSettings): string[] {
  if (partitions !== undefined && partitions !== topic.partitions) {
    return [`has ${topic.partitions} partitions, needs ${partitions}`];
  }
  if (topic.partitions < partitionsAtLeast) {
    return [`has ${topic.partitions} partitions, needs ${partitionsAtLeast} or more`];
  }
  return [];
}

function settingProblems({ configs, configsAtLeast, because }: TopicNeeds, topic: TopicSettings): string[] {
  const wrong = (key: string, needed: string): string => {
    const why = because?.[key];
    const reason = why === undefined ? '' : `: ${why}`;
    return `${key} is ${topic.configs[key] ?? 'unset'}, needs ${needed}${reason}`;
  };
  const different = Object.entries(configs ?? {})
    .filter(([key, wanted]) => topic.configs[key] !== wanted)
    .map(([key, wanted]) => wrong(key, wanted));
  const tooSmall = Object.entries(configsAtLeast ?? {})
    .filter(([key, least]) => topic.configs[key] !== '-1' && !(Number(topic.configs[key]) >= least))
    .map(([key, least]) => wrong(key, `${least} or more`));
  return [...different, ...tooSmall];
}

function replicationProblems({ replicationFactor, configs }: TopicSettings, allowedBy?: string): string[] {
  const problems: string[] = [];
  const inSync = Number(configs['min.insync.replicas']);
  if (replicationFactor < 3) {
    const otherwise = allowedBy === undefined ? '' : ` (for demos and tests, ${allowedBy} accepts it)`;
    problems.push(`replication factor is ${replicationFactor}, needs 3${otherwise}`);
  } else if (inSync > replicationFactor) {
    problems.push(`min.insync.replicas is ${inSync}, and there are only ${replicationFactor} replicas`);
  }
  if (!(inSync >= 2)) {
    problems.push(`min.insync.replicas is ${configs['min.insync.replicas'] ?? 'unset'}, needs 2`);
  }
  if (configs['unclean.leader.election.enable'] !== 'false') {
    problems.push('unclean.leader.election.enable must be false');
  }
  return problems;
}

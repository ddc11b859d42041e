import { describeTopics, KafkaError, type Cluster, type DescribedTopic } from '@penstock/kafka';
import type { PauseFinding, RegisteredTopic } from '@penstock/ledger';
import type { CopyLimits } from '../copy/plan-copy.ts';
import { targetDifferences } from './target-differences.ts';

/** What the two clusters say of one topic of the link. */
export interface TopicState {
  readonly limits: CopyLimits;
  /** Why nothing of the topic may be copied now; undefined: it may. */
  readonly trouble: TopicTrouble | undefined;
}

export type TopicTrouble = Pick<PauseFinding, 'kind' | 'detail'>;

export interface TopicStatesOptions {
  readonly source: Cluster;
  readonly target: Cluster;
  /** Whether the target's cleanup and retention are its own on purpose. */
  readonly ownCleanup: boolean;
}

/**
 * Reads settings and rights of the topics on both clusters, again each time. Settings change while a mirror
 * runs: what was read at its start would be believed for months. All shards of a process share a reading,
 * but nobody gets one that began before they asked.
 */
export class TopicStates {
  readonly #o: TopicStatesOptions;
  #running: Promise<ReadonlyMap<string, TopicState>> | undefined;
  #queued: Promise<ReadonlyMap<string, TopicState>> | undefined;

  constructor(o: TopicStatesOptions) {
    this.#o = o;
  }

  /** By the name of the source topic. Topics that the source lacks are left out. Throws KafkaError. */
  read(topics: readonly RegisteredTopic[]): Promise<ReadonlyMap<string, TopicState>> {
    if (this.#running === undefined) return this.#start(topics);
    this.#queued ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#queued = undefined;
        return this.#start(topics);
      });
    return this.#queued;
  }

  #start(topics: readonly RegisteredTopic[]): Promise<ReadonlyMap<string, TopicState>> {
    const reading = readTopicStates(this.#o, topics).finally(() => {
      if (this.#running === reading) this.#running = undefined;
    });
    this.#running = reading;
    return reading;
  }
}

/** One reading, for a command that runs once. */
export async function readTopicStates(
  { source, target, ownCleanup }: TopicStatesOptions,
  topics: readonly RegisteredTopic[],
): Promise<ReadonlyMap<string, TopicState>> {
  const [sources, targets] = await Promise.all([
    describeTopics(
      source,
      topics.map(({ name }) => name),
    ),
    describeTopics(target, [...new Set(topics.map((topic) => topic.target))]),
  ]);
  const states = new Map<string, TopicState>();
  for (const { name, target: copyName } of topics) {
    const found = sources.get(name);
    if (found !== undefined) states.set(name, stateOf(found, targets.get(copyName), ownCleanup));
  }
  return states;
}

/** A target topic that is missing is found by its partitions; here it is no trouble. */
export function stateOf(
  source: DescribedTopic,
  target: DescribedTopic | undefined,
  ownCleanup: boolean,
): TopicState {
  const limits = limitsOf(target);
  const troubled = (trouble: TopicTrouble): TopicState => ({ limits, trouble });
  if (!source.mayRead) return troubled(denied(`the source does not let this user read ${source.name}`));
  if (target?.mayWrite === false) {
    return troubled(denied(`the target does not let this user write to ${target.name}`));
  }
  if (source.configs instanceof KafkaError) return troubled(troubleOf(source.configs));
  if (target?.configs instanceof KafkaError) return troubled(troubleOf(target.configs));
  if (target === undefined) return { limits, trouble: undefined };
  const { changes, deletes } = targetDifferences(source.configs, target.configs);
  const differences = [...changes, ...(ownCleanup ? [] : deletes)];
  if (differences.length === 0) return { limits, trouble: undefined };
  return troubled({ kind: 'target-settings', detail: `${target.name}: ${differences.join('; ')}` });
}

function denied(detail: string): TopicTrouble {
  return { kind: 'not-authorized', detail };
}

/** What an error that names a topic means for its partitions. */
export function troubleOf({ code, message }: { code: string; message: string }): TopicTrouble {
  const kind = code.endsWith('AUTHORIZATION_FAILED') ? 'not-authorized' : 'failing';
  return { kind, detail: message };
}

function limitsOf(target: DescribedTopic | undefined): CopyLimits {
  const known = target === undefined || target.configs instanceof KafkaError ? undefined : target.configs;
  return { messageBytesMax: Number(known?.['max.message.bytes'] ?? kafkaDefaultBytes) };
}

const kafkaDefaultBytes = 1_048_588;

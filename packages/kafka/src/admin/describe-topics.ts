import type { Cluster } from '../cluster/cluster.ts';
import { errorName, KafkaError } from '../errors/errors.ts';
import { describeConfigsRequest } from '../requests/describe-configs.ts';
import { metadataRequest } from '../requests/metadata.ts';

/** Settings of a topic as Kafka names them, those that it has from the broker included. */
export type TopicConfigs = Readonly<Record<string, string>>;

export interface DescribedTopic {
  readonly name: string;
  readonly partitions: number;
  /** Of its first partition. */
  readonly replicationFactor: number;
  /** What this client may do with it. Without an authorizer, everything. */
  readonly mayRead: boolean;
  readonly mayWrite: boolean;
  /** An error where this client may not see them. */
  readonly configs: TopicConfigs | KafkaError;
}

/** Kafka's numbers of operations (AclOperation). */
const read = 3;
const write = 4;

/**
 * Topics as they are now: settings, replication, and what this client may do with them (KIP-430), before a
 * refusal costs the work of others. It uses the connections that the cluster has anyway. Topics that do not
 * exist are left out; one that may not even be seen has no partitions and no rights. Throws KafkaError when
 * no broker answers.
 */
export async function describeTopics(
  cluster: Cluster,
  names: readonly string[],
): Promise<Map<string, DescribedTopic>> {
  if (names.length === 0) return new Map();
  const [metadata, settings] = await Promise.all([
    cluster.ask(metadataRequest, [...names], { permissions: true }),
    cluster.ask(describeConfigsRequest, names),
  ]);
  const configs = new Map(settings.results.map((result) => [result.topic, configsOf(result)]));
  const described = metadata.topics.flatMap(({ name, errorCode, partitions, operations }) => {
    const code = errorName(errorCode);
    if (name === null || code === 'UNKNOWN_TOPIC_OR_PARTITION') return [];
    const denied = code === 'TOPIC_AUTHORIZATION_FAILED';
    const topic: DescribedTopic = {
      name,
      partitions: partitions.length,
      replicationFactor: partitions[0]?.replicas ?? 0,
      mayRead: !denied && allows(operations, read),
      mayWrite: !denied && allows(operations, write),
      configs: configs.get(name) ?? new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `settings of topic ${name}`),
    };
    return [[name, topic] as const];
  });
  return new Map(described);
}

function configsOf(result: {
  errorCode: number;
  errorMessage: string | null;
  topic: string;
  configs: readonly { name: string; value: string | null }[];
}): TopicConfigs | KafkaError {
  const { errorCode, errorMessage, topic, configs } = result;
  if (errorCode !== 0) {
    return new KafkaError(errorName(errorCode), `settings of topic ${topic}: ${errorMessage ?? 'refused'}`);
  }
  return Object.fromEntries(
    configs.flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const])),
  );
}

/** The smallest 32-bit number stands for "not told": then nothing is known to be missing. */
function allows(operations: number, operation: number): boolean {
  return operations === -(2 ** 31) || (operations & (1 << operation)) !== 0;
}

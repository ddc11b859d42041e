import kafkajs, { Kafka, logLevel } from 'kafkajs';
import type { Admin as KafkajsAdmin, KafkaConfig } from 'kafkajs';
import { openCluster } from '../cluster/cluster.ts';
import type { ClusterOptions } from '../cluster/cluster.ts';
import { isRetryable, KafkaError } from '../cluster/errors.ts';
import { retrying } from '../cluster/retrying.ts';
import { mendKafkajsTimers } from './kafkajs-timers.ts';

// A CommonJS name that Node cannot see from outside.
const { ConfigResourceTypes } = kafkajs;

/** A topic as it is wanted. */
export interface TopicSettings {
  name: string;
  partitions: number;
  replicationFactor: number;
  /** Topic configs as Kafka names them; only those that differ from the broker's defaults matter. */
  configs: Record<string, string>;
}

/** Connects an administrator. Throws KafkaError CONNECTION, or what `openCluster` throws of TLS and SASL. */
export async function openAdmin(options: ClusterOptions): Promise<Admin> {
  mendKafkajsTimers();
  const kafka = new Kafka({
    brokers: [...options.bootstrap],
    clientId: `${options.clientId}-admin`,
    logLevel: logLevel.NOTHING,
    connectionTimeout: options.connectTimeoutMs ?? 3_000,
    retry: { retries: 8, initialRetryTime: 50, maxRetryTime: 1_000 },
    // Its default of 10 s before the end of a SASL session is, in a shorter one, at once and for ever.
    reauthenticationThreshold: 500,
    ...securityOf(options),
  });
  await throwRefusal(options);
  const admin = kafka.admin();
  try {
    await admin.connect();
  } catch (cause) {
    await admin.disconnect();
    throw new KafkaError('CONNECTION', `no broker answers (${options.bootstrap.join(', ')})`, { cause });
  }
  return new Admin(admin);
}

/**
 * What the brokers have against us, in the words of our own connection: kafkajs says of all of it that it
 * cannot connect, after eight tries. Brokers that are away are left to its tries.
 */
async function throwRefusal(options: ClusterOptions): Promise<void> {
  const { log: _, ...silently } = options; // whoever opens the cluster itself says what there is to say of it
  const cluster = await openCluster(silently).catch((error: unknown) => {
    if (error instanceof KafkaError && !error.retryable) throw error;
  });
  await cluster?.[Symbol.asyncDispose]();
}

/**
 * What this project asks of an administrator, on kafkajs's: it is sound for that, and carries no data here.
 */
export class Admin implements AsyncDisposable {
  readonly #admin: KafkajsAdmin;

  constructor(admin: KafkajsAdmin) {
    this.#admin = admin;
  }

  async topicNames(): Promise<string[]> {
    return asked('the names of topics', () => this.#admin.listTopics());
  }

  /**
   * Creates what is missing and answers its names; what exists is left as it is. Settles when all have
   * leaders. `singleReplica` is what an operator sets to do with one replica, for the refusal of a cluster
   * that has too few brokers.
   */
  async createTopics(topics: readonly TopicSettings[], singleReplica?: string): Promise<string[]> {
    const existing = new Set(await this.topicNames());
    const missing = topics.filter(({ name }) => !existing.has(name));
    if (missing.length === 0) return [];
    const wanted = missing.map(({ name, partitions, replicationFactor, configs }) => ({
      topic: name,
      numPartitions: partitions,
      replicationFactor,
      configEntries: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    }));
    const names = missing.map(({ name }) => name);
    try {
      await asked(`creating ${names.join(', ')}`, () =>
        this.#admin.createTopics({ waitForLeaders: true, topics: wanted }),
      );
    } catch (error) {
      if (!(error instanceof KafkaError) || error.code !== 'INVALID_REPLICATION_FACTOR') throw error;
      throw await this.#tooFewBrokers(missing, singleReplica, error);
    }
    return names;
  }

  async #tooFewBrokers(
    topics: readonly TopicSettings[],
    singleReplica: string | undefined,
    cause: KafkaError,
  ): Promise<KafkaError> {
    const { brokers } = await asked('the brokers', () => this.#admin.describeCluster());
    const replicas = Math.max(...topics.map(({ replicationFactor }) => replicationFactor));
    const names = topics.map(({ name }) => name).join(', ');
    const otherwise = singleReplica === undefined ? '' : `, or set ${singleReplica} for a demo or a test`;
    const message =
      `${names}: ${replicas} replicas need as many brokers, and ${brokers.length} of this cluster answer. ` +
      `Start more brokers${otherwise}`;
    return new KafkaError('INVALID_REPLICATION_FACTOR', message, { cause });
  }

  /** The topics as they are, all configs included; those that do not exist are left out. */
  async describeTopics(names: readonly string[]): Promise<TopicSettings[]> {
    const existing = new Set(await this.topicNames());
    const known = names.filter((name) => existing.has(name));
    if (known.length === 0) return [];
    const { topics } = await asked('topics', () => this.#admin.fetchTopicMetadata({ topics: known }));
    const resourcesAsked = known.map((name) => ({ type: ConfigResourceTypes.TOPIC, name }));
    const { resources } = await asked('settings of topics', () =>
      this.#admin.describeConfigs({ includeSynonyms: false, resources: resourcesAsked }),
    );
    return topics.map(({ name, partitions }) => {
      const entries = resources.find((resource) => resource.resourceName === name)?.configEntries ?? [];
      return {
        name,
        partitions: partitions.length,
        replicationFactor: partitions[0]?.replicas.length ?? 0,
        configs: Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue])),
      };
    });
  }

  async addPartitions(topic: string, count: number): Promise<void> {
    await asked(`adding partitions to ${topic}`, () =>
      this.#admin.createPartitions({ topicPartitions: [{ topic, count }] }),
    );
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    await asked(`deleting ${names.join(', ')}`, () => this.#admin.deleteTopics({ topics: [...names] }));
  }

  /** Deletes everything below `offset`: the log start moves there. */
  async deleteRecords(topic: string, partition: number, offset: bigint): Promise<void> {
    await asked(`deleting records of ${topic}`, async () => {
      await this.#admin.fetchTopicOffsets(topic); // kafkajs looks for leaders only in what it knows already
      await this.#admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admin.disconnect();
  }
}

/**
 * Asks again, 10 s at most, when a broker has not heard yet of a topic that another one has just made, or
 * is away: kafkajs gives up on those at once in some calls. Throws KafkaError with Kafka's name of the
 * error.
 */
function asked<T>(what: string, ask: () => Promise<T>): Promise<T> {
  const attempt = async (): Promise<T> => {
    try {
      return await ask();
    } catch (thrown) {
      // Of a request for several topics, kafkajs throws the list of their errors.
      const cause: unknown = thrown instanceof Error && 'errors' in thrown ? firstOf(thrown.errors) : thrown;
      if (!(cause instanceof Error)) throw thrown;
      const type = 'type' in cause && typeof cause.type === 'string' ? cause.type : 'CONNECTION';
      const retriable = 'retriable' in cause && cause.retriable === true;
      throw new KafkaError(type, `${what}: ${cause.message}`, {
        retryable: retriable || isRetryable(type),
        cause,
      });
    }
  };
  return retrying(what, attempt, { deadlineMs: 10_000 });
}

function firstOf(errors: unknown): unknown {
  return Array.isArray(errors) ? errors[0] : errors;
}

/** kafkajs names the SASL mechanisms in lower case and takes TLS options as they are. */
function securityOf({ sasl, tls }: ClusterOptions): Partial<KafkaConfig> {
  const security: Partial<KafkaConfig> = {};
  if (tls) security.ssl = tls;
  if (sasl) {
    const { mechanism, username, password } = sasl;
    const name = mechanism.toLowerCase() as Lowercase<typeof mechanism>;
    security.sasl = { mechanism: name, username, password } as NonNullable<KafkaConfig['sasl']>;
  }
  return security;
}

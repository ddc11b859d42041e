import kafkajs, { Kafka, logLevel } from 'kafkajs';
import type { Admin as KafkajsAdmin, KafkaConfig } from 'kafkajs';
import { openCluster } from '../cluster/cluster.ts';
import type { ClusterOptions } from '../cluster/cluster.ts';
import { errorCodes } from '../errors/error-codes.ts';
import { errorName, isRetryable, KafkaError } from '../errors/errors.ts';
import type { ErrorCode } from '../errors/errors.ts';
import { retrying } from '../errors/retrying.ts';
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
    // The default is 10 s before a SASL session ends. In a shorter session that would be at once, again and
    // again.
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
 * Connects with our own connection first and throws what the brokers refuse: its errors say what is wrong,
 * while kafkajs only says after eight tries that it cannot connect. When brokers are away, kafkajs is left to
 * try.
 */
async function throwRefusal(options: ClusterOptions): Promise<void> {
  // Warnings about the cluster are for the one who opens it for its data.
  const { log: _, ...silently } = options;
  const cluster = await openCluster(silently).catch((error: unknown) => {
    if (error instanceof KafkaError && !error.retryable) throw error;
  });
  await cluster?.[Symbol.asyncDispose]();
}

/** What this project needs of an admin client. kafkajs does it soundly; it carries no data here. */
export class Admin implements AsyncDisposable {
  readonly #admin: KafkajsAdmin;

  constructor(admin: KafkajsAdmin) {
    this.#admin = admin;
  }

  async topicNames(): Promise<string[]> {
    return asked('the topic names', () => this.#admin.listTopics());
  }

  /**
   * Creates the missing topics and resolves with their names, once all have leaders. It leaves existing
   * topics as they are. `singleReplica` is the setting that allows one replica; the refusal of a cluster with
   * too few brokers names it.
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

  /** The topics as they are, with all their configs. Those that do not exist are left out. */
  async describeTopics(names: readonly string[]): Promise<TopicSettings[]> {
    const existing = new Set(await this.topicNames());
    const known = names.filter((name) => existing.has(name));
    if (known.length === 0) return [];
    const { topics } = await asked('the topics', () => this.#admin.fetchTopicMetadata({ topics: known }));
    const configs = await this.#configsOf(known);
    return topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.length,
      replicationFactor: partitions[0]?.replicas.length ?? 0,
      configs: configs.get(name) ?? {},
    }));
  }

  /** Of several topics, kafkajs does not say which one was refused: then each is asked for alone. */
  async #configsOf(names: readonly string[]): Promise<Map<string, Record<string, string>>> {
    try {
      return await this.#describeConfigs('topics', names);
    } catch (error) {
      if (!(error instanceof KafkaError) || error.code !== 'TOPIC_AUTHORIZATION_FAILED') throw error;
      for (const name of names) await this.#describeConfigs(name, [name]);
      throw error; // the right was given meanwhile
    }
  }

  async #describeConfigs(
    what: string,
    names: readonly string[],
  ): Promise<Map<string, Record<string, string>>> {
    const topics = names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name }));
    const { resources } = await asked(`the settings of ${what} (DescribeConfigs)`, () =>
      this.#admin.describeConfigs({ includeSynonyms: false, resources: topics }),
    );
    return new Map(
      resources.map(({ resourceName, configEntries }) => [
        resourceName,
        Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
      ]),
    );
  }

  /** How many members a group of the classic protocol has; of other groups 0 (see `groupMembers`). */
  async classicMembers(groupId: string): Promise<number> {
    const { groups } = await asked(`the group ${groupId}`, () => this.#admin.describeGroups([groupId]));
    return groups[0]?.members.length ?? 0;
  }

  async addPartitions(topic: string, count: number): Promise<void> {
    await asked(`adding partitions to ${topic}`, () =>
      this.#admin.createPartitions({ topicPartitions: [{ topic, count }] }),
    );
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    await asked(`deleting ${names.join(', ')}`, () => this.#admin.deleteTopics({ topics: [...names] }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admin.disconnect();
  }
}

/**
 * Asks again, for at most 10 s, when a broker is away or has not heard yet of a topic that was just created:
 * in some calls kafkajs gives up at once. Throws KafkaError.
 */
function asked<T>(what: string, ask: () => Promise<T>): Promise<T> {
  const attempt = async (): Promise<T> => {
    try {
      return await ask();
    } catch (thrown) {
      // For a request about several topics, kafkajs throws a list of errors.
      const cause: unknown = thrown instanceof Error && 'errors' in thrown ? firstOf(thrown.errors) : thrown;
      if (!(cause instanceof Error)) throw thrown;
      const code = codeOf(cause);
      const retriable = 'retriable' in cause && cause.retriable === true;
      throw new KafkaError(code, `${what}: ${cause.message}`, {
        retryable: retriable || isRetryable(code),
        cause,
      });
    }
  };
  return retrying(what, attempt, { timeoutMs: 10_000 });
}

/**
 * kafkajs gives an error of the protocol Kafka's name (`type`) and number (`code`). Its own errors mean that
 * no answer came.
 */
function codeOf(cause: Error): ErrorCode {
  const number = 'type' in cause ? errorCodes.get(String(cause.type)) : undefined;
  if (number !== undefined) return errorName(number);
  return 'code' in cause && typeof cause.code === 'number' ? errorName(cause.code) : 'CONNECTION';
}

function firstOf(errors: unknown): unknown {
  return Array.isArray(errors) ? errors[0] : errors;
}

/** kafkajs wants the SASL mechanism in lower case, and takes TLS options as they are. */
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

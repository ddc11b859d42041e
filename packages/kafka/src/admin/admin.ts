import kafkajs, { Kafka, logLevel } from 'kafkajs';
import type { Admin as KafkajsAdmin, KafkaConfig } from 'kafkajs';
import type { ClusterOptions } from '../cluster/cluster.ts';
import { KafkaError } from '../cluster/errors.ts';

// A CommonJS name that Node cannot see from outside.
const { ConfigResourceTypes } = kafkajs;

export interface TopicSettings {
  name: string;
  partitions: number;
  replicationFactor: number;
  /** Topic configs as Kafka names them; only those that differ from the broker's defaults matter. */
  configs: Record<string, string>;
}

/** Connects an administrator. Throws KafkaError CONNECTION. */
export async function openAdmin(options: ClusterOptions): Promise<Admin> {
  const kafka = new Kafka({
    brokers: [...options.bootstrap],
    clientId: `${options.clientId}-admin`,
    logLevel: logLevel.NOTHING,
    connectionTimeout: options.connectTimeoutMs ?? 3_000,
    retry: { retries: 8, initialRetryTime: 50, maxRetryTime: 1_000 },
    ...securityOf(options),
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
  } catch (cause) {
    throw new KafkaError('CONNECTION', `no broker answers (${options.bootstrap.join(', ')})`, { cause });
  }
  return new Admin(admin);
}

/** What this project asks of an administrator, on kafkajs's: it is sound for that, and carries no data here. */
export class Admin implements AsyncDisposable {
  readonly #admin: KafkajsAdmin;

  constructor(admin: KafkajsAdmin) {
    this.#admin = admin;
  }

  async topicNames(): Promise<string[]> {
    return this.#admin.listTopics();
  }

  /** Creates what is missing and answers its names; what exists is left as it is. Settles when all have leaders. */
  async createTopics(topics: readonly TopicSettings[]): Promise<string[]> {
    const existing = new Set(await this.topicNames());
    const missing = topics.filter(({ name }) => !existing.has(name));
    if (missing.length === 0) return [];
    await this.#admin.createTopics({
      waitForLeaders: true,
      topics: missing.map(({ name, partitions, replicationFactor, configs }) => ({
        topic: name,
        numPartitions: partitions,
        replicationFactor,
        configEntries: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      })),
    });
    return missing.map(({ name }) => name);
  }

  /** The topics as they are, all configs included; those that do not exist are left out. */
  async describeTopics(names: readonly string[]): Promise<TopicSettings[]> {
    const existing = new Set(await this.topicNames());
    const known = names.filter((name) => existing.has(name));
    if (known.length === 0) return [];
    const { topics } = await this.#admin.fetchTopicMetadata({ topics: known });
    const { resources } = await this.#admin.describeConfigs({
      includeSynonyms: false,
      resources: known.map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
    });
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
    await this.#admin.createPartitions({ topicPartitions: [{ topic, count }] });
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    await this.#admin.deleteTopics({ topics: [...names] });
  }

  /** Deletes everything below `offset`: the log start moves there. */
  async deleteRecords(topic: string, partition: number, offset: bigint): Promise<void> {
    await this.#admin.fetchTopicOffsets(topic); // kafkajs looks for leaders only in what it knows already
    await this.#admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admin.disconnect();
  }
}

/** kafkajs names the SASL mechanisms in lower case and takes TLS options as they are. */
function securityOf({ sasl, tls }: ClusterOptions): Partial<KafkaConfig> {
  const security: Partial<KafkaConfig> = {};
  if (tls) security.ssl = tls;
  if (sasl) {
    const { mechanism, username, password } = sasl;
    if (typeof username !== 'string' || typeof password !== 'string') {
      throw new KafkaError(
        'UNSUPPORTED_SASL',
        `the administrator needs a user name and password, not ${mechanism}`,
      );
    }
    const name = mechanism.toLowerCase();
    if (name !== 'plain' && name !== 'scram-sha-256' && name !== 'scram-sha-512') {
      throw new KafkaError('UNSUPPORTED_SASL', `the administrator cannot use ${mechanism}`);
    }
    security.sasl = { mechanism: name, username, password } as NonNullable<KafkaConfig['sasl']>;
  }
  return security;
}

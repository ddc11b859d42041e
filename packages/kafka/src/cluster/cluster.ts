import { BrokerConnections } from '../connection/broker-connections.ts';
import type { SaslOptions, TlsOptions } from '../connection/security.ts';
import { decide, errorName, KafkaError, throwOnError } from '../errors/errors.ts';
import type { ErrorCode } from '../errors/errors.ts';
import { retrying } from '../errors/retrying.ts';
import type { Api } from '../requests/define.ts';
import { apiVersionsRequest, findCoordinatorRequest, metadataRequest } from '../requests/metadata.ts';
import type { MetadataTopic } from '../requests/metadata.ts';
import { checkFeatures, versionWarning } from './features.ts';
import { firstAnswer } from './first-answer.ts';
import { TopicCache } from './topic-cache.ts';
import type { Topic } from './topic-cache.ts';

/** A logger. pino's fits. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** How to reach a cluster, and who asks. */
export interface ClusterOptions {
  /** `host:port` of some brokers of the cluster. They are tried in turn. */
  bootstrap: readonly string[];
  /** Names this client in the broker's logs, metrics and quotas. */
  clientId: string;
  /**
   * Default 10 000. A request that has no answer by then fails with TIMEOUT, and its connection is closed.
   */
  requestTimeoutMs?: number;
  /** Default 3 000. */
  connectTimeoutMs?: number;
  sasl?: SaslOptions;
  /** Without it connections are plain. `{}` trusts the authorities that Node trusts. */
  tls?: TlsOptions;
  log?: Log;
}

/**
 * Connects, and checks that the cluster can keep this package's promise. Throws KafkaError CONNECTION or
 * UNSUPPORTED_BROKER.
 */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const cluster = new Cluster(options);
  try {
    await cluster.connect();
    return cluster;
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

/** For so long a broker that failed, or was silent, is asked after the others. */
const shunnedMs = 30_000;
/** A broker that is silent for so long may hang. Another one is then asked as well. */
const patienceMs = 1_000;
const tellThrottleEveryMs = 60_000;

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * What is known of a cluster: brokers, topics with leaders and epochs, coordinators. Leaders move and brokers
 * restart all the time. So the caches here are only hints, and error codes from brokers correct them.
 */
export class Cluster implements AsyncDisposable {
  readonly log: Log;
  readonly #options: ClusterOptions;
  readonly #brokers = new Map<number, { host: string; port: number }>();
  readonly #bootstrapIds: number[] = [];
  readonly #topics = new TopicCache();
  readonly #coordinators = new Map<string, number>();
  readonly #opened = new Set<BrokerConnections>();
  readonly #control: BrokerConnections;
  readonly #wanted = new Set<string>();
  /** Topics whose metadata the broker refuses, and why. The other topics are not affected. */
  readonly #refused = new Map<string, ErrorCode>();
  /** When a broker last failed to answer `ask`. */
  readonly #failedAt = new Map<number, number>();
  #refreshing: Promise<void> | undefined;
  #clusterId = '';
  #turn = 0;
  #throttledMs = 0;
  #tellThrottleAt = 0;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.log = options.log ?? silent;
    for (const [index, address] of options.bootstrap.entries()) {
      const colon = address.lastIndexOf(':');
      const id = -1 - index;
      this.#bootstrapIds.push(id);
      this.#brokers.set(id, { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) });
    }
    this.#control = this.connectionsFor('control');
  }

  get clusterId(): string {
    return this.#clusterId;
  }

  /** Ids of the brokers in the metadata. */
  get brokerIds(): number[] {
    return [...this.#brokers.keys()].filter((id) => id >= 0);
  }

  async connect(): Promise<void> {
    const { sasl, tls } = this.#options;
    if (sasl && !tls) {
      const { mechanism } = sasl;
      this.log.warn(
        { mechanism },
        'SASL without TLS: anybody on the network path can read the data, and with PLAIN also the password',
      );
    }
    const features = await this.ask(apiVersionsRequest, 'penstock', '1');
    throwOnError(features.errorCode, 'ApiVersions');
    checkFeatures(features);
    const warning = versionWarning(features);
    if (warning !== undefined) this.log.warn({ metadataVersion: warning.metadataVersion }, warning.text);
    await this.refresh();
  }

  /**
   * For how long brokers have refused to serve this client because of quotas, all connections together, ms.
   */
  get throttledMs(): number {
    return this.#throttledMs;
  }

  #onThrottled(throttleMs: number): void {
    this.#throttledMs += throttleMs;
    const now = performance.now();
    if (now < this.#tellThrottleAt) return;
    this.#tellThrottleAt = now + tellThrottleEveryMs;
    this.log.warn(
      { throttleMs },
      'the brokers throttle this client: a quota is exceeded, so everything is slower',
    );
  }

  /** Connections that nothing else uses. `purpose` appears in errors. Dispose them to close them. */
  connectionsFor(purpose: string): BrokerConnections {
    const { clientId, connectTimeoutMs = 3_000, requestTimeoutMs = 10_000, sasl, tls } = this.#options;
    const connections = new BrokerConnections(
      purpose,
      (nodeId) => this.#brokers.get(nodeId),
      { clientId, connectTimeoutMs, requestTimeoutMs, sasl, tls, onThrottled: (ms) => this.#onThrottled(ms) },
      (gone) => this.#opened.delete(gone),
    );
    this.#opened.add(connections);
    return connections;
  }

  /**
   * Sends one request to any broker that answers. Every known broker is tried once, in turn; the next one
   * already after a second of silence, so several brokers may act on the request. A broker that has just
   * failed comes last: a hanging broker costs a whole request timeout, and whoever needs the name of a new
   * leader cannot wait for that each time.
   */
  async ask<A extends readonly unknown[], R>(api: Api<A, R>, ...args: A): Promise<R> {
    const known = this.brokerIds;
    const now = performance.now();
    const inTurn = [...rotated(known, this.#turn++), ...rotated(this.#bootstrapIds, this.#turn)];
    const failed = (nodeId: number): boolean => now - (this.#failedAt.get(nodeId) ?? -Infinity) < shunnedMs;
    const candidates = [...inTurn.filter((id) => !failed(id)), ...inTurn.filter(failed)];
    const askOne = async (nodeId: number): Promise<R> => {
      try {
        const answer = await this.#control.call(nodeId, api, ...args);
        this.#failedAt.delete(nodeId);
        return answer;
      } catch (error) {
        this.#failedAt.set(nodeId, performance.now());
        throw error;
      }
    };
    const isFinal = (error: unknown): boolean => !(error instanceof KafkaError) || !error.retryable;
    const onSilent = (nodeId: number): void => void this.#failedAt.set(nodeId, performance.now());
    try {
      return await firstAnswer(candidates, patienceMs, askOne, { isFinal, onSilent });
    } catch (cause) {
      if (isFinal(cause)) throw cause;
      const bootstrap = this.#options.bootstrap.join(', ');
      const last = cause instanceof Error ? cause.message : String(cause);
      throw new KafkaError('CONNECTION', `no broker answers (${bootstrap}); the last error: ${last}`, {
        cause,
      });
    }
  }

  /** The topic as it was last seen, from memory. */
  knownTopic(name: string): Topic | undefined {
    return this.#topics.get(name);
  }

  topicById(id: string): Topic | undefined {
    return this.#topics.getById(id);
  }

  /**
   * Metadata of a topic, from memory unless `refresh`. Waits for a topic that is just being created. Throws
   * KafkaError UNKNOWN_TOPIC_OR_PARTITION after `timeoutMs` (default 10 000), at once when the broker refuses
   * the topic, and the signal's reason.
   */
  async topic(
    name: string,
    options: { refresh?: boolean; timeoutMs?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<Topic> {
    const known = this.#topics.get(name);
    if (known && !options.refresh) return known;
    return retrying(
      `topic ${name}`,
      async () => {
        await this.refresh(name);
        const topic = this.#topics.get(name);
        const refused = this.#refused.get(name);
        if (refused !== undefined) throw new KafkaError(refused, `topic ${name}`);
        if (!topic) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `topic ${name}`);
        return topic;
      },
      { timeoutMs: options.timeoutMs ?? 10_000, signal: options.signal },
    );
  }

  /** Reads the metadata of these topics again. Calls made while one request is under way share the next. */
  async refresh(...names: string[]): Promise<void> {
    for (const name of names) this.#wanted.add(name);
    const before = this.#refreshing;
    if (before) {
      await before.catch(() => undefined); // its callers get the error; this call belongs to the next request
      if (this.#refreshing && this.#refreshing !== before) return this.#refreshing;
    }
    this.#refreshing = this.#readMetadata().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /**
   * A broker named the new leader when it refused a request (KIP-951). False when that is no news, or when
   * the leader is a broker that is not in our metadata: then only new metadata helps.
   */
  leaderHint(topic: string, partition: number, leader: number, leaderEpoch: number): boolean {
    return this.#brokers.has(leader) && this.#topics.hint(topic, partition, leader, leaderEpoch);
  }

  /** The broker that coordinates a group or a transactional id, from memory unless `refresh`. */
  async coordinator(
    kind: 'group' | 'transaction',
    key: string,
    options: { refresh?: boolean; timeoutMs?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<number> {
    const cacheKey = `${kind}:${key}`;
    const known = this.#coordinators.get(cacheKey);
    if (known !== undefined && !options.refresh) return known;
    const find = async (): Promise<number> => {
      const answer = await this.ask(findCoordinatorRequest, kind === 'group' ? 0 : 1, [key]);
      const found = answer.coordinators[0];
      if (!found) throw new KafkaError('COORDINATOR_NOT_AVAILABLE', cacheKey);
      if (found.errorCode !== 0)
        throw new KafkaError(errorName(found.errorCode), `coordinator of ${cacheKey}`);
      this.#brokers.set(found.nodeId, { host: found.host, port: found.port });
      this.#coordinators.set(cacheKey, found.nodeId);
      return found.nodeId;
    };
    return retrying(`coordinator of ${cacheKey}`, find, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connections of [...this.#opened]) connections[Symbol.dispose]();
  }

  async #readMetadata(): Promise<void> {
    const names = [...this.#wanted];
    this.#wanted.clear();
    let answer;
    try {
      answer = await this.ask(metadataRequest, names);
    } catch (error) {
      for (const name of names) this.#wanted.add(name);
      throw error;
    }
    this.#clusterId = answer.clusterId ?? '';
    for (const broker of answer.brokers) {
      this.#brokers.set(broker.nodeId, { host: broker.host, port: broker.port });
    }
    for (const topic of answer.topics) this.#adopt(topic);
  }

  #adopt(topic: MetadataTopic): void {
    if (!topic.name) return;
    const code = errorName(topic.errorCode);
    const decision = decide('metadata', code);
    this.#refused.delete(topic.name);
    if (decision === 'refuse') this.#refused.set(topic.name, code);
    if (code === 'UNKNOWN_TOPIC_OR_PARTITION') {
      this.#topics.forget(topic.name);
      return;
    }
    if (decision === 'fatal') throw new KafkaError(code, `metadata of topic ${topic.name}`);
    if (topic.errorCode !== 0 && code !== 'LEADER_NOT_AVAILABLE') {
      this.log.warn({ topic: topic.name, code }, 'metadata of a topic could not be read');
      return;
    }
    const partitions = topic.partitions
      .toSorted((a, b) => a.partitionIndex - b.partitionIndex)
      .map(({ leaderId, leaderEpoch, inSync }) => ({ leader: leaderId, leaderEpoch, inSync }));
    this.#topics.put({ name: topic.name, id: topic.topicId, partitions });
  }
}

function rotated<T>(items: readonly T[], by: number): T[] {
  if (items.length === 0) return [];
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

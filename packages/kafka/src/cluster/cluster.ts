import { apiVersionsRequest, findCoordinatorRequest, metadataRequest } from '../requests/metadata.ts';
import type { Api } from '../requests/define.ts';
import { errorName, judge, KafkaError, throwOnError } from './errors.ts';
import type { ErrorCode } from './errors.ts';
import { checkFeatures, versionWarning } from './features.ts';
import { firstAnswer } from './first-answer.ts';
import { Link } from './link.ts';
import { retrying } from './retrying.ts';
import type { SaslOptions, TlsOptions } from './security.ts';
import { TopicCache } from './topics.ts';
import type { Topic } from './topics.ts';

/** A logger; pino's fits. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** How to reach a cluster and who says so. Times in ms. */
export interface ClusterOptions {
  /** `host:port`, any broker of the cluster; tried in turn. */
  bootstrap: readonly string[];
  /** Names this client in the broker's logs, metrics and quotas. */
  clientId: string;
  /** Default 10 000. A request without an answer for so long fails with TIMEOUT and its connection is closed. */
  requestTimeoutMs?: number;
  /** Default 3 000. */
  connectTimeoutMs?: number;
  sasl?: SaslOptions;
  /** Without it connections are plain. `{}` trusts the authorities that Node does. */
  tls?: TlsOptions;
  log?: Log;
}

/** Connects and checks that the cluster can keep the promise. Throws KafkaError CONNECTION or UNSUPPORTED_BROKER. */
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

/** How long a broker that failed, or was silent, is asked after the others. */
const shunnedMs = 30_000;
/** A broker that is silent for so long may hang: another one is asked as well. */
const patienceMs = 1_000;

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * What is known of a cluster: brokers, topics with leaders and epochs, coordinators. Leaders move and brokers restart
 * all the time; the caches here are hints, and an error code from a broker is what corrects them.
 */
export class Cluster implements AsyncDisposable {
  readonly log: Log;
  readonly #options: ClusterOptions;
  readonly #brokers = new Map<number, { host: string; port: number }>();
  readonly #bootstrapIds: number[] = [];
  readonly #topics = new TopicCache();
  readonly #coordinators = new Map<string, number>();
  readonly #links = new Set<Link>();
  readonly #control: Link;
  readonly #wanted = new Set<string>();
  /** Topics that metadata is refused for, and why: the others are none the worse for it. */
  readonly #refused = new Map<string, ErrorCode>();
  /** When a broker last left a question of `ask` unanswered. */
  readonly #failedAtMs = new Map<number, number>();
  #refreshing: Promise<void> | undefined;
  #clusterId = '';
  #turn = 0;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.log = options.log ?? silent;
    for (const [index, address] of options.bootstrap.entries()) {
      const colon = address.lastIndexOf(':');
      const id = -1 - index;
      this.#bootstrapIds.push(id);
      this.#brokers.set(id, { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) });
    }
    this.#control = this.link('control');
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
        'SASL without TLS: who listens sees the data, and with PLAIN the password',
      );
    }
    const features = await this.ask(apiVersionsRequest, 'penstock', '1');
    throwOnError(features.errorCode, 'ApiVersions');
    checkFeatures(features);
    const warning = versionWarning(features);
    if (warning !== undefined) this.log.warn({ metadataVersion: warning.metadataVersion }, warning.text);
    await this.refresh();
  }

  /** Opens a set of connections of its own: `purpose` is for logs. Dispose it to close them. */
  link(purpose: string): Link {
    const { clientId, connectTimeoutMs = 3_000, requestTimeoutMs = 10_000, sasl, tls } = this.#options;
    const link = new Link(
      purpose,
      (nodeId) => this.#brokers.get(nodeId),
      { clientId, connectTimeoutMs, requestTimeoutMs, sasl, tls },
      (gone) => this.#links.delete(gone),
    );
    this.#links.add(link);
    return link;
  }

  /**
   * One request to any broker that answers: every known one is tried once, in turn, and the next already when one is silent
   * for a second, so several may act on it. One that has just failed comes last: a broker that hangs takes a whole request
   * timeout to say nothing, and the new leader's name cannot wait for that each time.
   */
  async ask<A extends readonly unknown[], R>(api: Api<A, R>, ...args: A): Promise<R> {
    const known = this.brokerIds;
    const now = Date.now();
    const inTurn = [...rotated(known, this.#turn++), ...rotated(this.#bootstrapIds, this.#turn)];
    const failed = (nodeId: number): boolean => now - (this.#failedAtMs.get(nodeId) ?? 0) < shunnedMs;
    const candidates = [...inTurn.filter((id) => !failed(id)), ...inTurn.filter(failed)];
    const askOne = async (nodeId: number): Promise<R> => {
      try {
        const answer = await this.#control.call(nodeId, api, ...args);
        this.#failedAtMs.delete(nodeId);
        return answer;
      } catch (error) {
        this.#failedAtMs.set(nodeId, Date.now());
        throw error;
      }
    };
    const helpless = (error: unknown): boolean => !(error instanceof KafkaError) || !error.retryable;
    const onSilent = (nodeId: number): void => void this.#failedAtMs.set(nodeId, Date.now());
    try {
      return await firstAnswer(candidates, patienceMs, askOne, { helpless, onSilent });
    } catch (cause) {
      if (helpless(cause)) throw cause;
      const bootstrap = this.#options.bootstrap.join(', ');
      const last = cause instanceof Error ? cause.message : String(cause);
      throw new KafkaError('CONNECTION', `no broker answers (${bootstrap}); the last: ${last}`, { cause });
    }
  }

  /** The topic as last seen, from memory. */
  knownTopic(name: string): Topic | undefined {
    return this.#topics.get(name);
  }

  topicById(id: string): Topic | undefined {
    return this.#topics.getById(id);
  }

  /**
   * Metadata of a topic, from memory unless `refresh`. Waits for a topic that is just being created.
   * Throws KafkaError UNKNOWN_TOPIC_OR_PARTITION after `timeoutMs` (default 10 000), and at once what refuses this topic.
   */
  async topic(name: string, options: { refresh?: boolean; timeoutMs?: number } = {}): Promise<Topic> {
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
      { deadlineMs: options.timeoutMs ?? 10_000 },
    );
  }

  /** Reads the metadata of these topics again. Calls that arrive while one is under way share the next. */
  async refresh(...names: string[]): Promise<void> {
    for (const name of names) this.#wanted.add(name);
    const before = this.#refreshing;
    if (before) {
      await before.catch(() => undefined); // its own callers have the error; ours is the next round
      if (this.#refreshing && this.#refreshing !== before) return this.#refreshing;
    }
    this.#refreshing = this.#readMetadata().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /**
   * A broker named the new leader while it refused a request (KIP-951). False when that is no news, or the leader is a broker
   * that this cluster has not heard of: then only metadata helps.
   */
  leaderHint(topic: string, partition: number, leader: number, leaderEpoch: number): boolean {
    return this.#brokers.has(leader) && this.#topics.hint(topic, partition, leader, leaderEpoch);
  }

  /** The broker that coordinates a group or a transactional id, remembered until `refresh`. */
  async coordinator(
    kind: 'group' | 'transaction',
    key: string,
    options: { refresh?: boolean; deadlineMs?: number; signal?: AbortSignal | undefined } = {},
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
    for (const link of [...this.#links]) link[Symbol.dispose]();
  }

  async #readMetadata(): Promise<void> {
    const names = [...this.#wanted];
    this.#wanted.clear();
    let answer;
    try {
      answer = await this.ask(metadataRequest, names, false, false);
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
    const verdict = judge('metadata', code);
    this.#refused.delete(topic.name);
    if (verdict === 'refuse') this.#refused.set(topic.name, code);
    if (code === 'UNKNOWN_TOPIC_OR_PARTITION') {
      this.#topics.forget(topic.name);
      return;
    }
    if (verdict === 'fatal') throw new KafkaError(code, `metadata of topic ${topic.name}`);
    if (topic.errorCode !== 0 && code !== 'LEADER_NOT_AVAILABLE') {
      this.log.warn({ topic: topic.name, code }, 'Metadata of a topic could not be read');
      return;
    }
    const partitions = topic.partitions
      .toSorted((a, b) => a.partitionIndex - b.partitionIndex)
      .map(({ leaderId, leaderEpoch }) => ({ leader: leaderId, leaderEpoch }));
    this.#topics.put({ name: topic.name, id: topic.topicId, partitions });
  }
}

interface MetadataTopic {
  errorCode: number;
  name?: string | null | undefined;
  topicId: string;
  partitions: readonly { partitionIndex: number; leaderId: number; leaderEpoch: number }[];
}

function rotated<T>(items: readonly T[], by: number): T[] {
  if (items.length === 0) return [];
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

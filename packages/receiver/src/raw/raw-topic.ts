import {
  KafkaError,
  openAdmin,
  openCluster,
  rawTopicNeeds,
  retrying,
  topicProblems,
  type Cluster,
  type ClusterOptions,
  type TopicNeeds,
  type TopicSettings,
} from '@penstock/kafka';
import { kafkaConnection, type Log, type ServiceContext } from '@penstock/service';
import type { ReceiverConfig } from '../config.ts';
import { notWritable, writablePartitions, type Writable } from './writable-partitions.ts';

const lookMs = 2_000;
/** Settings that fit are looked at now and then: somebody may change them while we promise by them. */
const settingsCheckMs = 30_000;
/**
 * A broker that hangs answers nothing for as long as its requests may take: readiness does not wait for that.
 */
const lookTimeoutMs = 5_000;

/**
 * How the start waits for Kafka: until told to stop. Meanwhile readiness says what it waits for, and the log
 * does now and then. What waiting cannot mend is thrown: a wrong password, or a cluster that cannot keep the
 * promise.
 */
export type UntilKafka = <T>(what: string, attempt: () => Promise<T>) => Promise<T>;

export function untilKafka({ log, stopping, whileStarting }: ServiceContext<ReceiverConfig>): UntilKafka {
  let away: string | undefined;
  whileStarting(() => (away === undefined ? [] : [away]));
  const say = sayNowAndThen(log);
  const onError = (error: KafkaError) => {
    away = `waiting for Kafka: ${error.message}`;
    say(error);
  };
  return (what, attempt) => retrying(what, attempt, { timeoutMs: Infinity, signal: stopping, onError });
}

/** Waits for Kafka and the raw topic. Throws KafkaError for a cluster that cannot keep the promise. */
export async function openRawTopic(
  { config, log }: ServiceContext<ReceiverConfig>,
  until: UntilKafka,
): Promise<RawTopic> {
  const connection = { ...kafkaConnection(config.kafka), log };
  const { headerBytesMax } = config.http;
  const sizes = { ...config.body, headerBytesMax, batchBytes: config.producing.batchBytes };
  const needs = rawTopicNeeds(config.record.rawTopic, sizes);
  const singleReplica = config.kafka.singleReplica === 'allowed';
  await using cleanup = new AsyncDisposableStack();
  const cluster = cleanup.use(await until('cluster', () => openCluster(connection)));
  const { partitions } = await until(needs.name, () => cluster.topic(needs.name));
  const topic = new RawTopic({
    cluster,
    connection,
    needs,
    singleReplica,
    log,
    partitionCount: partitions.length,
  });
  cleanup.use(topic);
  await until('topic settings', () => topic.checkSettings());
  cleanup.move();
  return topic;
}

/** The tries come once a second; what they say, once in a while. */
function sayNowAndThen(log: Log): (error: KafkaError) => void {
  let nextAt = -Infinity;
  return (error) => {
    if (performance.now() < nextAt) return;
    nextAt = performance.now() + 10_000;
    log.warn({ error }, 'waiting for Kafka');
  };
}

interface RawTopicOptions {
  cluster: Cluster;
  connection: ClusterOptions;
  needs: TopicNeeds;
  singleReplica: boolean;
  partitionCount: number;
  log: Log;
}

/**
 * The topic that is written to, and what readiness says of it: does Kafka answer, is there a leader, do its
 * settings fit.
 */
export class RawTopic implements AsyncDisposable {
  readonly name: string;
  /**
   * Pinned for the life of the process: with more partitions a key goes to another one than before, so adding
   * some needs a drain.
   */
  readonly partitionCount: number;
  readonly cluster: Cluster;
  readonly #o: RawTopicOptions;
  readonly #timer: NodeJS.Timeout;
  #settingProblems: readonly string[] = [];
  #settingsCheckedAt = -Infinity;
  #away: string | undefined;
  #minInSync = 1;
  #writable: Writable;
  #lookingSince: number | undefined;

  constructor(o: RawTopicOptions) {
    this.#o = o;
    this.name = o.needs.name;
    this.partitionCount = o.partitionCount;
    const { partitionCount: total } = o;
    this.#writable = { count: total, total, withoutLeader: 0, belowMinInSync: 0 };
    this.cluster = o.cluster;
    this.#timer = setInterval(() => void this.#look(), lookMs).unref();
  }

  /** False while its settings make a 200 promise too much. */
  get fit(): boolean {
    return this.#settingProblems.length === 0;
  }

  notReady(): readonly string[] {
    return this.#away === undefined ? this.#settingProblems : [this.#away, ...this.#settingProblems];
  }

  /** The share of partitions that can take a record, 0..1. */
  get writableShare(): number {
    const { count, total } = this.#writable;
    return total === 0 ? 0 : count / total;
  }

  /** Throws KafkaError when they cannot be read. */
  async checkSettings(): Promise<void> {
    const { needs, singleReplica, log } = this.#o;
    const settings = await this.#settings();
    this.#minInSync = Number(settings[0]?.configs['min.insync.replicas'] ?? 1);
    const problems = topicProblems([needs], settings, {
      singleReplica,
      allowedBy: 'PENSTOCK_KAFKA_SINGLE_REPLICA=allowed',
    });
    const changed = problems.join() !== this.#settingProblems.join();
    if (changed && problems.length > 0) log.warn({ problems }, 'the raw topic cannot keep the promise');
    if (changed && problems.length === 0) log.info({}, 'the raw topic keeps the promise again');
    this.#settingProblems = problems;
    this.#settingsCheckedAt = performance.now();
  }

  async #settings(): Promise<TopicSettings[]> {
    const { connection, needs } = this.#o;
    try {
      await using admin = await openAdmin(connection);
      return await admin.describeTopics([needs.name]);
    } catch (cause) {
      // A broker that goes away meanwhile, or a missing right to describe: said in the log until it is
      // mended.
      throw new KafkaError('CONNECTION', `the settings of ${needs.name} cannot be read`, { cause });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.cluster[Symbol.asyncDispose]();
  }

  async #look(): Promise<void> {
    if (this.#lookingSince !== undefined) {
      if (performance.now() - this.#lookingSince > lookTimeoutMs) this.#away = 'Kafka does not answer';
      return;
    }
    this.#lookingSince = performance.now();
    try {
      await this.cluster.refresh(this.name);
      const partitions = this.cluster.knownTopic(this.name)?.partitions ?? [];
      this.#writable = writablePartitions(partitions, this.#minInSync);
      this.#away = notWritable(this.name, this.#writable);
      const led = partitions.some(({ leader }) => leader >= 0);
      const due = !this.fit || performance.now() - this.#settingsCheckedAt > settingsCheckMs;
      if (led && due) await this.checkSettings();
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      this.#away = `Kafka does not answer (${error.code})`;
    } finally {
      this.#lookingSince = undefined;
    }
  }
}

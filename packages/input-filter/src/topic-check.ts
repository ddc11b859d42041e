import { openAdmin, topicProblems, type TopicNeeds, type TopicSettings } from '@penstock/kafka';
import { kafkaConnection, type Log } from '@penstock/service';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FilterConfig } from './config.ts';

/** Room for the headers of a rejected record beside those of the raw one, generously. */
const REJECTED_HEADERS_BYTES = 65_536;
const CHECK_INTERVAL_MS = 10_000;
const RETRY_MS = 1_000;

/** Looks at the topics now and then: what readiness says of them, and whether Kafka answers at all. */
export class TopicCheck implements Disposable {
  /** Sentences; empty when all is as it must be. */
  problems: readonly string[] = [];
  readonly #config: FilterConfig;
  readonly #cleanTopics: readonly string[];
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;

  /** Waits until Kafka answers, for ever or until `stopping`, whose reason it throws then. */
  static async start(
    config: FilterConfig,
    routes: Readonly<Record<string, string>>,
    log: Log,
    stopping: AbortSignal,
  ): Promise<TopicCheck> {
    const check = new TopicCheck(config, routes, log);
    while (!(await check.#look())) await sleep(RETRY_MS, undefined, { signal: stopping });
    check.#timer = setInterval(() => void check.#look(), CHECK_INTERVAL_MS).unref();
    return check;
  }

  private constructor(config: FilterConfig, routes: Readonly<Record<string, string>>, log: Log) {
    this.#config = config;
    this.#cleanTopics = [config.topics.clean, ...new Set(Object.values(routes))];
    this.#log = log;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<boolean> {
    const { topics, kafka } = this.#config;
    try {
      await using admin = await openAdmin(kafkaConnection(kafka));
      const found = await admin.describeTopics([
        topics.raw,
        ...this.#cleanTopics,
        topics.rejected,
        topics.seen,
      ]);
      const needs = filterTopicNeeds(this.#config, this.#cleanTopics, found);
      this.#say(topicProblems(needs, found, { singleReplica: kafka.singleReplica === 'allowed' }));
      return true;
    } catch (error) {
      this.#log.debug({ error }, 'topics cannot be described');
      this.#say(['Kafka does not answer']);
      return false;
    }
  }

  #say(problems: string[]): void {
    const news = problems.filter((problem) => !this.problems.includes(problem));
    if (news.length > 0) this.#log.error({ problems: news }, 'not ready');
    this.problems = problems;
  }
}

/** What the topics have to be, given the raw topic that is there. */
export function filterTopicNeeds(
  { topics, batchBytes, dedupWindowMs }: Pick<FilterConfig, 'topics' | 'batchBytes' | 'dedupWindowMs'>,
  cleanTopics: readonly string[],
  found: readonly TopicSettings[],
): TopicNeeds[] {
  const raw = found.find(({ name }) => name === topics.raw);
  // Clean partition p is made of raw partition p only, so the counts are equal.
  const same = raw === undefined ? {} : { partitions: raw.partitions };
  const fits = (bytes: number) => ({ configsAtLeast: { 'max.message.bytes': bytes } });
  // The windows turn by the records' own time.
  const ownTime = { 'message.timestamp.type': 'CreateTime' };
  const seenForEver = found.find(({ name }) => name === topics.seen)?.configs['retention.ms'] === '-1';
  const rawBytesMax = Number(raw?.configs['max.message.bytes'] ?? 0);
  return [
    { name: topics.raw },
    ...cleanTopics.map((name) => ({
      ...{ name, ...same, ...fits(batchBytes) },
      configs: { ...ownTime, 'compression.type': 'producer' },
    })),
    // A body as large as raw takes must fit, or its partition stops.
    { name: topics.rejected, ...same, ...fits(rawBytesMax + REJECTED_HEADERS_BYTES) },
    {
      ...{ name: topics.seen, ...same },
      configs: { ...ownTime, 'cleanup.policy': 'delete' },
      configsAtLeast: {
        'max.message.bytes': batchBytes,
        ...(!seenForEver && { 'retention.ms': dedupWindowMs }),
      },
    },
  ];
}

import { filterTopicNeeds, openAdmin, topicProblems } from '@penstock/kafka';
import { kafkaConnection, type Log, type ServiceContext } from '@penstock/service';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FilterConfig } from './config.ts';

const checkIntervalMs = 10_000;
const retryMs = 1_000;

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
    context: Pick<ServiceContext<FilterConfig>, 'config' | 'log' | 'stopping' | 'whileStarting'>,
    routes: Readonly<Record<string, string>>,
  ): Promise<TopicCheck> {
    const check = new TopicCheck(context.config, routes, context.log);
    context.whileStarting(() => check.problems);
    while (!(await check.#look())) await sleep(retryMs, undefined, { signal: context.stopping });
    check.#timer = setInterval(() => void check.#look(), checkIntervalMs).unref();
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
      const names = { ...topics, clean: this.#cleanTopics };
      const found = await admin.describeTopics([names.raw, ...names.clean, names.rejected, names.seen]);
      const needs = filterTopicNeeds(names, this.#config, found);
      const singleReplica = kafka.singleReplica === 'allowed';
      const allowedBy = 'PENSTOCK_KAFKA_SINGLE_REPLICA=allowed';
      this.#say(topicProblems(needs, found, { singleReplica, allowedBy }));
      return true;
    } catch (error) {
      this.#log.debug({ error }, 'topics cannot be described');
      this.#say([`Kafka does not answer: ${error instanceof Error ? error.message : String(error)}`]);
      return false;
    }
  }

  #say(problems: string[]): void {
    const news = problems.filter((problem) => !this.problems.includes(problem));
    if (news.length > 0) this.#log.error({ problems: news }, 'not ready');
    this.problems = problems;
  }
}

import type { TestKafka } from '@penstock/test-broker';
import { uniqueName } from '@penstock/test-broker';
import { type CommandResult, runToEnd, serviceCommand, ServiceProcess } from '@penstock/test-process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';

// A test waits patiently for what it waits for: the machine may have other work, and no failure comes any
// later.
vi.setConfig({ testTimeout: 300_000 });

export interface FilterTopics {
  raw: string;
  clean: string;
  rejected: string;
  seen: string;
}

/** Topics of a test's own, with small limits so that large records are cheap to make. */
export async function createFilterTopics(
  kafka: TestKafka,
  o: { partitions?: number; configs?: Partial<Record<keyof FilterTopics, Record<string, string>>> } = {},
): Promise<FilterTopics> {
  const name = uniqueName('filter');
  const topics = {
    raw: `${name}.raw`,
    clean: `${name}.clean`,
    rejected: `${name}.rejected`,
    seen: `${name}.seen`,
  };
  const needed: Partial<Record<keyof FilterTopics, Record<string, string>>> = {
    rejected: { 'max.message.bytes': '1200000' },
    ...o.configs,
  };
  for (const kind of ['raw', 'clean', 'rejected', 'seen'] as const) {
    await kafka.createTopic(topics[kind], { partitions: o.partitions ?? 1, configs: needed[kind] ?? {} });
  }
  return topics;
}

export interface FilterStatus {
  threads: { partitions: PartitionStatus[] }[];
}

export interface PartitionStatus {
  partition: number;
  state: 'running' | 'resting' | 'starting' | 'paused';
  position?: string;
  committed?: string;
  lag?: { records: number; seconds: number };
  code?: string;
  detail?: string;
  resumeAt?: string | null;
  window?: { ids: number };
}

function environmentOf(kafka: TestKafka, topics: FilterTopics): Record<string, string> {
  return {
    // a test starts many of them: this halves what each start costs
    NODE_COMPILE_CACHE: join(tmpdir(), 'penstock-test-compile-cache'),
    PENSTOCK_KAFKA_BOOTSTRAP: kafka.bootstrap.join(','),
    PENSTOCK_KAFKA_SINGLE_REPLICA: 'allowed',
    PENSTOCK_FILTER_OPERATIONS_LISTEN: '127.0.0.1:0',
    PENSTOCK_FILTER_RAW_TOPIC: topics.raw,
    PENSTOCK_FILTER_CLEAN_TOPIC: topics.clean,
    PENSTOCK_FILTER_REJECTED_TOPIC: topics.rejected,
    PENSTOCK_FILTER_SEEN_TOPIC: topics.seen,
    PENSTOCK_FILTER_GROUP: topics.raw,
    PENSTOCK_FILTER_INSTANCE: 'test',
    PENSTOCK_FILTER_GEOIP_DATABASES: 'none',
    PENSTOCK_FILTER_BATCH_BYTES: '500KiB',
  };
}

/** `input-filter status` and `resume`, as an operator runs them. */
export function runFilterCommand(
  kafka: TestKafka,
  topics: FilterTopics,
  args: readonly string[],
): Promise<CommandResult> {
  return runToEnd(serviceCommand('input-filter', ...args), { env: environmentOf(kafka, topics) });
}

/** The same, to be killed in the middle. Killed when the test ends. */
export function startFilterCommand(
  kafka: TestKafka,
  topics: FilterTopics,
  args: readonly string[],
): ServiceProcess {
  const command = serviceCommand('input-filter', ...args);
  const started = new ServiceProcess({ name: args.join(' '), command, env: environmentOf(kafka, topics) });
  onTestFinished(async () => void (await started.kill()));
  return started;
}

/** The Input Filter as an operator runs it. Killed when the test ends. */
export class FilterProcess {
  readonly process: ServiceProcess;

  static async start(
    kafka: TestKafka,
    topics: FilterTopics,
    env: Record<string, string> = {},
  ): Promise<FilterProcess> {
    const filter = new FilterProcess(kafka, topics, env);
    onTestFinished(() => filter.kill());
    await filter.process.said('started');
    return filter;
  }

  private constructor(kafka: TestKafka, topics: FilterTopics, env: Record<string, string>) {
    this.process = new ServiceProcess({
      name: 'the Input Filter',
      command: serviceCommand('input-filter'),
      env: { ...environmentOf(kafka, topics), ...env },
    });
  }

  get output(): string {
    return this.process.output;
  }

  get ended(): boolean {
    return this.process.exit !== undefined;
  }

  get pid(): number {
    return this.process.pid!;
  }

  /**
   * Polls until the condition holds; fails with the end of the output after two minutes, or when the process
   * ends.
   */
  until(condition: () => boolean | Promise<boolean>, what: string, timeoutMs?: number): Promise<void> {
    return this.process.until(condition, what, { timeoutMs: timeoutMs ?? 120_000 });
  }

  async get(path: string): Promise<{ status: number; text: string }> {
    const answer = await this.process.ask(path);
    if (!answer) throw new Error(`nobody answers ${path}\n${this.process.outputTail()}`);
    return answer;
  }

  /** Of its operations listener. */
  get operations(): string {
    const port = /"port":(\d+)[^\n]*operations listener is open/.exec(this.output)?.[1];
    return `http://127.0.0.1:${port}`;
  }

  async partitions(): Promise<PartitionStatus[]> {
    const { threads } = JSON.parse((await this.get('/status')).text) as FilterStatus;
    return threads.flatMap((thread) => thread.partitions).toSorted((a, b) => a.partition - b.partition);
  }

  /** The value of one line of /metrics. */
  async metric(name: string): Promise<number> {
    const metrics = await this.get('/metrics');
    const line = metrics.text.split('\n').find((each) => each.startsWith(`penstock_input_filter_${name} `));
    return Number(line?.split(' ')[1] ?? Number.NaN);
  }

  /** All of raw is filtered and committed, counted over this process's life. */
  async untilCommitted(records: bigint, timeoutMs?: number): Promise<void> {
    const done = async () => {
      const partitions = await this.partitions();
      return partitions.reduce((sum, { committed }) => sum + BigInt(committed ?? 0), 0n) >= records;
    };
    await this.until(done, `${records} raw records are committed`, timeoutMs);
  }

  /** From the first line of its log to the last partition taken over, by the log's own clock, ms. */
  get takeOverMs(): number {
    const times = [...this.output.matchAll(/"time":"([^"]+)".*"msg":"(starting|partition taken over)"/g)].map(
      (line) => Date.parse(line[1]!),
    );
    return Math.max(...times) - Math.min(...times);
  }

  /** SIGTERM. The exit code. */
  async stop(): Promise<number | null> {
    return (await this.process.stop()).code;
  }

  async kill(): Promise<void> {
    await this.process.kill();
  }

  async exit(): Promise<number | null> {
    return (await this.process.exited).code;
  }
}

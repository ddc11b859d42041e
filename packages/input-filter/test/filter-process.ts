import type { TestKafka } from '@penstock/test-broker';
import { uniqueName } from '@penstock/test-broker';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

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
  state: 'running' | 'resting' | 'starting' | 'halted';
  position?: string;
  committed?: string;
  lag?: number;
  code?: string;
  resumeAt?: string | null;
  window?: { ids: number };
}

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

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
export async function runFilterCommand(
  kafka: TestKafka,
  topics: FilterTopics,
  args: readonly string[],
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environmentOf(kafka, topics),
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { exitCode: child.exitCode, stdout, stderr };
}

/** The Input Filter as an operator runs it. Killed when the test ends. */
export class FilterProcess {
  readonly #child: ChildProcess;
  readonly #output: string[] = [];
  #address = '';

  static async start(
    kafka: TestKafka,
    topics: FilterTopics,
    env: Record<string, string> = {},
  ): Promise<FilterProcess> {
    const filter = new FilterProcess(kafka, topics, env);
    onTestFinished(() => filter.kill());
    await filter.#ready();
    return filter;
  }

  private constructor(kafka: TestKafka, topics: FilterTopics, env: Record<string, string>) {
    this.#child = spawn(process.execPath, [main], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...environmentOf(kafka, topics), ...env },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => this.#output.push(chunk));
    }
  }

  get output(): string {
    return this.#output.join('');
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async #ready(): Promise<void> {
    await this.until(() => {
      this.#address = /"address":"127\.0\.0\.1","port":(\d+)/.exec(this.output)?.[1] ?? '';
      return this.#address !== '' && this.output.includes('"msg":"started"');
    }, 'the filter starts');
  }

  /** Polls until the condition holds; fails with the process's output after 30 s, or when the process ends. */
  async until(condition: () => boolean | Promise<boolean>, what: string, timeoutMs = 30_000): Promise<void> {
    const until = Date.now() + timeoutMs;
    while (!(await condition())) {
      if (Date.now() > until) throw new Error(`not within ${timeoutMs} ms: ${what}\n${this.output}`);
      if (this.ended) throw new Error(`ended before: ${what}\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async get(path: string): Promise<{ status: number; text: string }> {
    const response = await fetch(`http://127.0.0.1:${this.#address}${path}`);
    return { status: response.status, text: await response.text() };
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
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
    return this.#child.exitCode;
  }

  /** SIGKILL; settles when the process is gone. */
  async kill(): Promise<void> {
    if (this.ended) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  async exit(): Promise<number | null> {
    if (!this.ended) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }
}

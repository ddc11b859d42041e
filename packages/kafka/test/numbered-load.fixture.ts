import { setTimeout as sleep } from 'node:timers/promises';
import { startBatchProducer } from '../src/index.ts';
import type { BatchProducer, Cluster, Settlement } from '../src/index.ts';

export interface LoadOptions {
  topic: string;
  partitions: number;
  /** How often each partition gets a record, ms. */
  everyMs: number;
  deliveryTimeoutMs?: number;
}

/** What became of a record, and its offset. */
interface Fate {
  outcome: Settlement<number>['outcome'];
  offset: bigint;
}

/** A producer under steady load. It numbers the records of each partition and remembers every outcome. */
export class NumberedLoad implements AsyncDisposable {
  readonly topic: string;
  /** By partition, by number. */
  readonly fates: (Fate | undefined)[][];
  /** What was not written, as sentences. */
  readonly notWritten: string[] = [];
  readonly #everyMs: number;
  readonly #lastAckMs: number[];
  #longestStallMs = 0;
  #stopping = false;
  #running: Promise<void> = Promise.resolve();
  #producer: BatchProducer<number> | undefined;

  static async start(cluster: Cluster, options: LoadOptions): Promise<NumberedLoad> {
    const load = new NumberedLoad(options);
    const { deliveryTimeoutMs = 30_000 } = options;
    load.#producer = await startBatchProducer(cluster, {
      lingerMs: 0,
      deliveryTimeoutMs,
      onSettled: (settlement) => load.#note(settlement),
    });
    load.#running = load.#run(load.#producer);
    return load;
  }

  private constructor({ topic, partitions, everyMs }: LoadOptions) {
    this.topic = topic;
    this.#everyMs = everyMs;
    this.fates = Array.from({ length: partitions }, () => []);
    this.#lastAckMs = Array.from({ length: partitions }, () => performance.now());
  }

  /** Records appended so far, over all partitions. */
  get appended(): number {
    return this.fates.reduce((sum, fates) => sum + fates.length, 0);
  }

  /** The longest time since the last call in which a partition had no acknowledgement, ms. */
  takeLongestStallMs(): number {
    const now = performance.now();
    const longest = Math.max(this.#longestStallMs, ...this.#lastAckMs.map((lastMs) => now - lastMs));
    this.#longestStallMs = 0;
    this.#lastAckMs.fill(now);
    return longest;
  }

  /** Resolves when a record that was appended after this call is acknowledged in every partition. */
  async flowing(withinMs = 40_000): Promise<void> {
    const until = performance.now() + withinMs;
    const marks = this.fates.map((fates) => fates.length);
    const flows = (): boolean =>
      this.fates.every((fates, partition) => fates.slice(marks[partition]).some((fate) => fate));
    while (!flows()) {
      if (performance.now() > until) throw new Error(`a partition takes nothing for ${withinMs} ms`);
      await sleep(10);
    }
  }

  /** Appends no more, and resolves when everything is settled. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    await this.#producer?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #run(producer: BatchProducer<number>): Promise<void> {
    while (!this.#stopping) {
      for (const [partition, fates] of this.fates.entries()) {
        const number = fates.length;
        const value = Buffer.from(`${partition} ${number}`);
        if (producer.append(this.topic, partition, { key: null, value, timestampMs: Date.now() }, number))
          fates.push(undefined);
      }
      await sleep(this.#everyMs);
    }
  }

  #note({ partition, outcome, baseOffset, tokens, error }: Settlement<number>): void {
    const fates = this.fates[partition]!;
    for (const [index, token] of tokens.entries()) {
      fates[token] = { outcome, offset: outcome === 'written' ? baseOffset + BigInt(index) : -1n };
    }
    if (outcome !== 'written') {
      this.notWritten.push(`${outcome} partition ${partition} ${tokens.join(' ')}: ${error?.message}`);
      return;
    }
    const now = performance.now();
    this.#longestStallMs = Math.max(this.#longestStallMs, now - (this.#lastAckMs[partition] ?? now));
    this.#lastAckMs[partition] = now;
  }
}

/**
 * What breaks the promise, as sentences; empty when it is kept. What was written is there once, at its offset
 * and in order. What was refused is not there. What is unknown is there at most once, and in order.
 */
export function broken(
  { fates }: NumberedLoad,
  seen: readonly { partition: number; offset: bigint; value: string }[],
): string[] {
  const problems: string[] = [];
  const last = fates.map(() => -1);
  const found = fates.map(() => new Set<number>());
  for (const { partition, offset, value } of seen) {
    const [of, number] = value.split(' ').map(Number) as [number, number];
    const what = `partition ${partition}, record ${value} at ${offset}`;
    const fate = fates[partition]?.[number];
    if (of !== partition || !fate) problems.push(`${what} was never appended there`);
    else if (found[partition]!.has(number)) problems.push(`${what} is there twice`);
    else if (number < last[partition]!) problems.push(`${what} is behind ${last[partition]}`);
    if (fate?.outcome === 'refused') problems.push(`${what} was refused`);
    if (fate?.outcome === 'written' && fate.offset !== offset)
      problems.push(`${what} was acknowledged at ${fate.offset}`);
    found[partition]?.add(number);
    last[partition] = Math.max(last[partition] ?? -1, number);
  }
  for (const [partition, numbers] of found.entries()) {
    for (const [number, fate] of fates[partition]!.entries()) {
      if (!fate) problems.push(`partition ${partition}, record ${number} was never settled`);
      else if (fate.outcome === 'written' && !numbers.has(number))
        problems.push(`partition ${partition}, record ${number} is lost, acknowledged at ${fate.offset}`);
    }
  }
  return problems.slice(0, 30);
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Mark } from '@penstock/test-report';
import { type ProcessReading, readProcess } from './read-process.ts';
import { type Usage, UsageMeter } from './process-usage.ts';
import { eachWithItsName, type Watched } from './watched.ts';

/** What was seen of the processes at a moment. Absent: it was gone, or did not answer. */
export interface ProcessSample {
  /** Seconds from the start. */
  second: number;
  processes: Record<string, Usage>;
  /** Of the partition that waits longest, by process. */
  lagSeconds: Record<string, number>;
}

interface Seen {
  usage: Usage | undefined;
  reading: ProcessReading | undefined;
}

const everyMs = 1_000;

/**
 * Looks at processes once a second, and remembers when one was gone or was started anew. Those that share a
 * name are told apart.
 */
export class ProcessWatch implements AsyncDisposable {
  readonly samples: ProcessSample[] = [];
  readonly #watched: readonly Watched[];
  readonly #startedAt: number;
  readonly #meter = new UsageMeter();
  readonly #readings = new Map<string, { reading: ProcessReading; at: number }>();
  readonly #goneSince = new Map<string, number>();
  readonly #marks: Mark[] = [];
  readonly #closing = new AbortController();
  #watching: Promise<void> | undefined;

  /** Rejects in words when one of them is not there to begin with. `startedAt` is of the monotonic clock. */
  static async start(given: readonly Watched[], startedAt = performance.now()): Promise<ProcessWatch> {
    const watched = eachWithItsName(given);
    const watch = new ProcessWatch(watched, startedAt);
    for (const each of watched) {
      if (each.operations !== undefined) await readProcess(each.operations);
      if (each.pid !== undefined && !(await watch.#meter.measure(each.pid)))
        throw new Error(`there is no process ${each.pid} (${each.name}), or no /proc to look at it`);
    }
    watch.#watching = watch.#watch();
    return watch;
  }

  private constructor(watched: readonly Watched[], startedAt: number) {
    this.#watched = watched;
    this.#startedAt = startedAt;
  }

  /** Until now: what lasts is marked to its end. */
  get marks(): Mark[] {
    const now = this.#second();
    const open = [...this.#goneSince].map(([name, from]) => goneMark(name, from, now));
    return [...this.#marks, ...open];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#look();
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const second = this.#second();
    const seen = await Promise.all(this.#watched.map((each) => this.#see(each)));
    const sample: ProcessSample = { second, processes: {}, lagSeconds: {} };
    for (const [index, { name }] of this.#watched.entries()) {
      const { usage, reading } = seen[index]!;
      if (usage) sample.processes[name] = usage;
      if (reading?.lagSeconds !== undefined) sample.lagSeconds[name] = reading.lagSeconds;
      this.#note(name, usage !== undefined, second);
    }
    this.samples.push(sample);
  }

  async #see({ name, pid, operations }: Watched): Promise<Seen> {
    const [byKernel, reading] = await Promise.all([
      pid === undefined ? undefined : this.#meter.measure(pid),
      // One that is killed or paused does not answer: that is what the marks are for.
      operations === undefined ? undefined : readProcess(operations, everyMs).catch(() => undefined),
    ]);
    const before = this.#readings.get(name);
    const at = performance.now();
    if (reading) this.#readings.set(name, { reading, at });
    if (reading && before && before.reading.startedAt !== reading.startedAt) {
      const second = this.#second();
      this.#marks.push({ label: `${name} was started anew`, from: second, to: second, lane: name });
    }
    // A service that was started anew has another process id, and tells what it uses.
    return { usage: byKernel ?? (reading && usageBetween(before, { reading, at })), reading };
  }

  #note(name: string, isThere: boolean, second: number): void {
    const from = this.#goneSince.get(name);
    if (!isThere && from === undefined) this.#goneSince.set(name, second);
    if (!isThere || from === undefined) return;
    this.#goneSince.delete(name);
    this.#marks.push(goneMark(name, from, second));
  }

  #second(): number {
    return (performance.now() - this.#startedAt) / 1_000;
  }
}

function goneMark(name: string, from: number, to: number): Mark {
  return { label: `${name} is gone`, from, to, lane: name };
}

function usageBetween(
  before: { reading: ProcessReading; at: number } | undefined,
  now: { reading: ProcessReading; at: number },
): Usage {
  const isSame = before?.reading.startedAt === now.reading.startedAt;
  const passed = before && isSame ? (now.at - before.at) / 1_000 : 0;
  const cpu = passed > 0 ? (now.reading.cpuSeconds - before!.reading.cpuSeconds) / passed : undefined;
  return { cpu, rssMb: now.reading.memoryBytes / 1e6 };
}

import { parentPort, threadId, Worker, workerData } from 'node:worker_threads';
import { ThreadError } from './errors.ts';
import { createLog, type Log } from './log.ts';
import { Metrics } from './metrics.ts';
import type { Service, ServiceContext } from './run-service.ts';

/** What a worker thread is given. `data` is cloned: plain values, Buffers and SharedArrayBuffers. */
export interface ThreadContext<Data> {
  data: Data;
  /** 0, 1, ... */
  thread: number;
  log: Log;
  /** Declare the same metrics in the same order as the main thread does. */
  metrics: Metrics;
  fail(error: unknown): void;
}

export interface ThreadsOptions<Data> {
  /** The thread's entry: a file that calls `runThread`. */
  entry: URL;
  service: string;
  count: number;
  data: Data;
  context: Pick<ServiceContext<unknown>, 'log' | 'metrics' | 'fail'>;
  /** Until every thread has started; 60 000 by default. */
  startTimeoutMs?: number;
  /**
   * Memory for young objects of each thread, MiB; Node's choice by default. V8 fills what it may have before
   * it collects, whatever of it is garbage.
   */
  youngMebibytesMax?: number;
}

interface Init<Data> {
  service: string;
  thread: number;
  level: string;
  cells: SharedArrayBuffer;
  data: Data;
}

type Said =
  | { kind: 'started' | 'report'; notReady: readonly string[]; status: object }
  | { kind: 'drained' | 'stopped' };

const reportIntervalMs = 500;

/**
 * Runs `count` worker threads, each a Service of its own, and is a Service itself: ready when all are,
 * drained when all are. A thread that fails or ends on its own fails the whole process through
 * `context.fail`: Kafka gives its work to others.
 */
export async function startThreads<Data>(o: ThreadsOptions<Data>): Promise<Service> {
  const threads = Array.from({ length: o.count }, (_, thread) => new Thread(o, thread));
  await using cleanup = new AsyncDisposableStack();
  for (const thread of threads) cleanup.use(thread);
  await Promise.all(threads.map((thread) => thread.heard('started')));
  const owned = cleanup.move();
  return {
    notReady: () =>
      threads.flatMap((thread, index) => thread.notReady.map((why) => `thread ${index}: ${why}`)),
    status: () => ({ threads: threads.map((thread) => thread.status) }),
    drain: async () => void (await Promise.all(threads.map((thread) => thread.ask('drain', 'drained')))),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

class Thread<Data> implements AsyncDisposable {
  notReady: readonly string[] = ['starting'];
  status: object = {};
  readonly #worker: Worker;
  readonly #answers = { started: later(), report: later(), drained: later(), stopped: later() };
  #ending = false;

  constructor(o: ThreadsOptions<Data>, thread: number) {
    const { log, metrics } = o.context;
    const init: Init<Data> = {
      service: o.service,
      thread,
      level: log.level,
      cells: metrics.share(),
      data: o.data,
    };
    this.#worker = new Worker(o.entry, {
      workerData: init,
      name: `${o.service}-${thread}`,
      ...(o.youngMebibytesMax !== undefined && {
        resourceLimits: { maxYoungGenerationSizeMb: o.youngMebibytesMax },
      }),
    });
    const failed = (cause: unknown) => {
      const error = new ThreadError(thread, cause);
      for (const answer of Object.values(this.#answers)) answer.reject(error);
      if (!this.#ending) o.context.fail(error);
    };
    this.#worker.on('error', failed);
    this.#worker.on('exit', (code) => failed(new Error(`ended with code ${code}`)));
    this.#worker.on('message', (said: Said) => this.#hear(said));
    setTimeout(
      () => this.#answers.started.reject(new ThreadError(thread, new Error('did not start in time'))),
      o.startTimeoutMs ?? 60_000,
    ).unref();
  }

  #hear(said: Said): void {
    if ('notReady' in said) ({ notReady: this.notReady, status: this.status } = said);
    this.#answers[said.kind].resolve();
  }

  heard(kind: Said['kind']): Promise<void> {
    return this.#answers[kind].promise;
  }

  ask(what: 'drain' | 'stop', answer: Said['kind']): Promise<void> {
    this.#worker.postMessage(what);
    return this.heard(answer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending = true;
    await this.ask('stop', 'stopped').catch(() => {});
    await this.#worker.terminate();
  }
}

/** The whole of a thread's entry file: `await runThread((context) => startFilterThread(context))`. */
export async function runThread<Data>(
  start: (context: ThreadContext<Data>) => Promise<Service>,
): Promise<void> {
  const { service: name, thread, level, cells, data } = workerData as Init<Data>;
  const port = parentPort;
  if (!port) throw new Error('runThread needs a worker thread');
  const say = (said: Said) => port.postMessage(said);
  // Thrown outside of any promise, so that it reaches the main thread as this thread's error.
  const fail = (error: unknown) =>
    setImmediate(() => {
      throw error;
    });
  const log = createLog({ service: name, level, thread });
  // Messages that come while starting wait in the port until somebody listens.
  const service = await start({ data, thread, log, metrics: new Metrics(name, { cells }), fail });
  const look = () => ({ notReady: service.notReady(), status: { thread, threadId, ...service.status() } });
  const reports = setInterval(() => say({ kind: 'report', ...look() }), reportIntervalMs);
  say({ kind: 'started', ...look() });
  port.on('message', (asked: 'drain' | 'stop') => {
    if (asked === 'drain') service.drain().then(() => say({ kind: 'drained' }), fail);
    else {
      clearInterval(reports);
      service[Symbol.asyncDispose]().then(() => say({ kind: 'stopped' }), fail);
    }
  });
}

function later(): PromiseWithResolvers<void> {
  const made = Promise.withResolvers<void>();
  made.promise.catch(() => {});
  return made;
}

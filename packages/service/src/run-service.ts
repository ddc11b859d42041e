import { buildOf } from './build.ts';
import { ConfigError } from './errors.ts';
import type { ConfigOf, Knobs } from './config/knobs.ts';
import { createLog, type Log } from './log.ts';
import { Metrics } from './metrics.ts';
import { startOperations } from './operations/operations.ts';
import type { PostPages } from './operations/post-page.ts';
import { effectiveConfig, readServiceConfig, type Environment } from './config/read-config.ts';
import type { chassisKnobs } from './config/shared-knobs.ts';

export type ChassisKnobs = ReturnType<typeof chassisKnobs>;

/** A started service. */
export interface Service extends AsyncDisposable {
  /** Why it cannot be used now (Kafka away, topics wrong, ...); empty means ready. */
  notReady(): readonly string[];
  /** For `/status`. */
  status(): object;
  /** Questions with a body that it answers on its operations listener, by path. */
  readonly post?: PostPages;
  /** Take no more, finish and commit what is in flight. Called once; `/readyz` already answers 503. */
  drain(): Promise<void>;
}

export interface ServiceContext<Config> {
  config: Config;
  log: Log;
  metrics: Metrics;
  /** Aborted when the process has been told to stop: lets a start that waits for Kafka give up. */
  stopping: AbortSignal;
  /** What `/readyz` says beside "starting" until the service has started, e.g. which topic is missing. */
  whileStarting(notReady: () => readonly string[]): void;
  /** Ends the process with exit code 1 after disposing; for what fails in the background. */
  fail(error: unknown): void;
}

export interface ServiceDefinition<K extends Knobs & ChassisKnobs> {
  /** As in `input-filter`; logs and metrics carry it. */
  name: string;
  /** As in `PENSTOCK_FILTER_`: unknown names that begin so are refused. */
  prefix: string;
  knobs: K;
  /** Rules over several knobs; each string is one problem. */
  checkConfig?(config: ConfigOf<K>): readonly string[];
  /**
   * Labels of `penstock_<name>_build_info`, by which the other metrics are joined: the datacenter, the
   * link.
   */
  labels?(config: ConfigOf<K>): Readonly<Record<string, string>>;
  start(context: ServiceContext<ConfigOf<K>>): Promise<Service>;
}

/**
 * The life of a service process: configuration -> operations listener -> start -> wait for SIGTERM or
 * SIGINT -> `/readyz` 503 -> drain -> dispose. Settles when all of it is done; the process then ends by
 * itself. Exit codes: 0 stopped, 1 failed (also: a second signal, or STOP_TIMEOUT_MS is over), 2
 * configuration.
 */
export async function runService<K extends Knobs & ChassisKnobs>(
  definition: ServiceDefinition<K>,
  env: Environment = process.env,
): Promise<void> {
  const stop = stopSignal();
  let log = createLog({ service: definition.name });
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    process.on(event, (error: unknown) => exitNow(log, { error }, 'unhandled error'));
  }
  process.removeAllListeners('warning').on('warning', (warning) => logWarning(log, warning));
  try {
    const config = readServiceConfig(definition, env);
    const { logLevel, stopTimeoutMs } = config as unknown as ConfigOf<ChassisKnobs>;
    log = createLog({ service: definition.name, level: logLevel });
    stop.lastResort(log, stopTimeoutMs);
    log.info({ config: effectiveConfig(definition.knobs, config) }, 'starting');
    await live(definition, config, log, stop);
    log.info('stopped');
    process.exitCode = 0;
  } catch (error) {
    process.exitCode = error instanceof ConfigError ? 2 : 1;
    if (error instanceof ConfigError) log.error({ problems: error.problems }, 'configuration refused');
    else log.error({ error }, 'failed');
    stop.failed();
  }
}

async function live<K extends Knobs & ChassisKnobs>(
  definition: ServiceDefinition<K>,
  config: ConfigOf<K>,
  log: Log,
  stop: StopSignal,
): Promise<void> {
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const metrics = new Metrics(definition.name);
  metrics.info('build_info', 'What runs here.', { ...buildOf(), ...definition.labels?.(config) });
  const now: { service?: Service; starting: () => readonly string[] } = { starting: () => [] };
  await using operations = await startOperations({
    listen: (config as unknown as ConfigOf<ChassisKnobs>).operationsListen,
    knob: definition.knobs.operationsListen.name,
    metrics,
    hosts: (config as unknown as ConfigOf<ChassisKnobs>).operationsHosts ?? [],
    notReady: () =>
      stop.signal.aborted ? ['stopping'] : (now.service?.notReady() ?? ['starting', ...now.starting()]),
    status: () => ({
      service: definition.name,
      pid: process.pid,
      uptimeSeconds: process.uptime(),
      ...now.service?.status(),
    }),
    post: () => now.service?.post ?? {},
  });
  log.info({ address: operations.address }, 'operations listener is open');

  const fail = (error: unknown) => {
    stop.failed(); // from here on, for disposing may hang on what has failed
    failure.reject(error);
  };
  const context: ServiceContext<ConfigOf<K>> = {
    ...{ config, log, metrics, stopping: stop.signal, fail },
    whileStarting: (notReady) => void (now.starting = notReady),
  };
  const starting = definition.start(context);
  await using started = await Promise.race([starting, failure.promise]).catch((error: unknown) => {
    // A part failed while others were still starting: they end as soon as they have started.
    starting.then((late) => late[Symbol.asyncDispose]()).catch(() => {});
    if (stop.signal.aborted) return undefined;
    throw error;
  });
  if (!started) return;
  now.service = started;
  log.info('started');

  await Promise.race([stop.received, failure.promise]);
  log.info({ signal: stop.name() }, 'stopping');
  await Promise.race([started.drain(), failure.promise]);
}

interface StopSignal {
  readonly signal: AbortSignal;
  readonly received: Promise<void>;
  name(): string | undefined;
  /** From the first signal on, at most `timeoutMs`, then exit 1. */
  lastResort(log: Log, timeoutMs: number): void;
  /** The service has failed: the rest of the process gets 5 s to end by itself. */
  failed(): void;
}

function stopSignal(): StopSignal {
  const abort = new AbortController();
  const received = Promise.withResolvers<void>();
  let name: string | undefined;
  let log: Log | undefined;
  let timeoutMs = 5_000;
  const deadline = (ms: number) =>
    setTimeout(() => exitNow(log, { timeoutMs: ms }, 'did not stop in time'), ms).unref();
  const onSignal = (signal: NodeJS.Signals) => {
    if (name !== undefined) return exitNow(log, { signal }, 'second signal: ending at once');
    name = signal;
    deadline(timeoutMs);
    abort.abort();
    received.resolve();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return {
    signal: abort.signal,
    received: received.promise,
    name: () => name,
    lastResort(withLog, ms) {
      log = withLog;
      timeoutMs = ms;
    },
    failed: () => void deadline(5_000),
  };
}

/** The one place that ends the process by force: what is in flight is uncommitted, so nothing is lost. */
function exitNow(log: Log | undefined, fields: object, message: string): void {
  log?.fatal(fields, message);
  // oxlint-disable-next-line unicorn/no-process-exit -- the chassis's last resort
  process.exit(1);
}

/** Node's own warnings, which would be lines of plain text on standard error. */
function logWarning(log: Log, warning: Error): void {
  log.warn({ error: warning }, 'warning of Node');
}

import { startThreads, type Service, type ServiceContext } from '@penstock/service';
import { BroadcastChannel } from 'node:worker_threads';
import { checkRoutes, loadPipeline } from './catalogue-file.ts';
import { geoipPathsOf, type FilterConfig } from './config.ts';
import { GeoDatabases } from './geo/geo-databases.ts';
import { declareFilterMetrics, declarePartitionMetrics, type MeasuredPartition } from './metrics.ts';
import { geoChannelName } from './geo/geo-channel.ts';
import type { FilterThreadData } from './thread/thread-entry.ts';
import { TopicCheck } from './topic-check.ts';
import { Validator } from './validate/validator.ts';

/**
 * For the young objects of a thread. In single runs on a busy machine 67 MB of them were resident with Node's
 * own limit, 96 MiB, and 17 MB with one like this, at no more CPU; with 6 MiB it cost CPU.
 */
const youngMebibytesMax = 24;

/**
 * Starts the Input Filter: checks the topics, loads the GeoIP databases, and runs the worker threads, which
 * do everything else.
 */
export async function startInputFilter(context: ServiceContext<FilterConfig>): Promise<Service> {
  const { config, log, metrics } = context;
  const pipeline = await loadPipeline(config.catalogue, config.disabledFixes);
  checkRoutes(pipeline.catalogue.routes, config.topics);
  declareFilterMetrics(metrics, pipeline); // the same as each thread, in the same order
  const failures = metrics.counter('geoip_failures_total', 'Loads of GeoIP databases that failed.');
  await using cleanup = new AsyncDisposableStack();

  const validator = config.validate ? new Validator(pipeline, config) : undefined;
  const channel = new BroadcastChannel(geoChannelName);
  cleanup.defer(() => channel.close());
  const geo = cleanup.use(
    await GeoDatabases.start({
      paths: geoipPathsOf(config),
      checkIntervalMs: config.geoipCheckIntervalMs,
      log,
      onChange: (files) => {
        channel.postMessage(files);
        validator?.useGeo(files);
      },
      onFailed: () => failures.add(1),
    }),
  );
  validator?.useGeo(geo.files);
  metrics.gaugeOf('geoip_missing', 'GeoIP databases that are configured but not in use.', () => geo.missing);

  const check = cleanup.use(await TopicCheck.start(context, pipeline.catalogue.routes));

  const data: FilterThreadData = { config, geoFiles: geo.files };
  const entry = new URL('./thread/thread-entry.ts', import.meta.url);
  const threads = cleanup.use(
    await startThreads({
      entry,
      service: 'input-filter',
      count: config.threads,
      data,
      context,
      youngMebibytesMax,
    }),
  );
  declarePartitionMetrics(metrics, () => partitionsIn(threads.status()));
  const owned = cleanup.move();
  return {
    notReady: () => [...check.problems, ...threads.notReady()],
    status: () => ({ ...threads.status(), geoip: geo.files.map(({ label, path }) => ({ label, path })) }),
    ...(validator !== undefined && { post: { '/validate': validator } }),
    drain: () => threads.drain(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function partitionsIn(status: object): MeasuredPartition[] {
  const { threads } = status as { threads: readonly { partitions?: readonly MeasuredPartition[] }[] };
  return threads.flatMap(({ partitions }) => partitions ?? []);
}

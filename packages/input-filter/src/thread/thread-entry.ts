import { runThread } from '@penstock/service';
import { BroadcastChannel } from 'node:worker_threads';
import { loadPipeline } from '../catalogue-file.ts';
import type { FilterConfig } from '../config.ts';
import { geoChannelName } from '../geo/geo-channel.ts';
import type { GeoFile } from '../geo/geo-file.ts';
import { declareFilterMetrics } from '../metrics.ts';
import { startFilterThread } from './start-filter-thread.ts';

/** What the main thread gives to each worker. The databases are shared memory: nothing is copied. */
export interface FilterThreadData {
  readonly config: FilterConfig;
  readonly geoFiles: readonly GeoFile[];
}

await runThread<FilterThreadData>(async ({ data, thread, log, metrics, fail }) => {
  const { config, geoFiles } = data;
  const pipeline = await loadPipeline(config.catalogue, config.disabledFixes);
  const declared = declareFilterMetrics(metrics, pipeline);
  const started = await startFilterThread(config, pipeline, geoFiles, {
    thread,
    log,
    metrics: declared,
    fail,
  });
  const channel = new BroadcastChannel(geoChannelName);
  channel.onmessage = (event) => started.useGeo((event as unknown as { data: GeoFile[] }).data);
  channel.unref();
  return started;
});

import type { TxnSession } from '@penstock/kafka';
import type { FilterTools } from '../request/filter-request.ts';
import type { LaneOptions } from '../partition/owned-partition.ts';
import type { FilterThreadOptions } from './start-filter-thread.ts';

/** What every lane of a thread shares. */
export function laneOptionsOf(
  { config, pipeline, log }: FilterThreadOptions,
  tools: FilterTools,
  samples: LaneOptions['samples'],
  session: TxnSession,
): LaneOptions {
  return {
    tools,
    topics: config.topics,
    routes: pipeline.catalogue.routes,
    ipPrivacy: config.ipPrivacy,
    batchBytesMax: config.batchBytes,
    samples,
    log,
    send: (topic, partition, batch) => session.append(topic, partition, batch, config.compression),
  };
}

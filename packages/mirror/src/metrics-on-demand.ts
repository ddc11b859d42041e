import type { Metrics } from '@penstock/service';
import type { Bandwidth } from './copy/bandwidth.ts';
import type { LinkContext } from './link/link-context.ts';
import type { RepeatedLook } from './link/repeated-look.ts';
import type { Stranger } from './link/strangers.ts';
import { readPartitions, type PartitionReading } from './shard/shard-status.ts';
import type { OwnedShards } from './shard/shards.ts';
import type { StuckLsoWatch } from './shard/watch-source.ts';

interface Shown {
  readonly link: LinkContext;
  readonly shards: OwnedShards;
  readonly strangers: RepeatedLook<Stranger>;
  readonly unregistered: RepeatedLook<string>;
  readonly stuck: StuckLsoWatch;
  readonly bandwidth: Bandwidth;
  readonly discoveryIntervalMs: number;
}

/** Gauges and counters that are read when somebody asks for the metrics. */
export function declareMetricsOnDemand(metrics: Metrics, shown: Shown): void {
  const { link, shards, strangers, unregistered, stuck, bandwidth, discoveryIntervalMs } = shown;
  declarePartitionGauges(metrics, link.identity.link, () => readPartitions(shards.all, discoveryIntervalMs));
  metrics.gaugeOf('shards', 'Shards owned by this process', () => shards.all.length);
  metrics.gaugeOf(
    'idle_shards',
    'Shards owned by this process of which nothing is copied, such as one whose ledger is hidden (/readyz)',
    () => shards.all.filter(({ idleBecause }) => idleBecause !== undefined).length,
  );
  metrics.gaugeOf(
    'partitions_without_room',
    'Source partitions that are not copied, because the link has no target partitions for them (mirror init)',
    () => shards.all.reduce((sum, { withoutRoom }) => sum + withoutRoom.length, 0),
  );
  metrics.gaugeOf(
    'markers_wait_seconds',
    'For how long a shard has waited for markers of its last transaction, which cannot be written',
    () => Math.max(0, ...shards.all.map(({ markersWaitMs }) => markersWaitMs / 1_000)),
  );
  metrics.gaugeOf(
    'strangers',
    'Members of the group of the link that are not mirrors: what they hold is not copied',
    () => strangers.found.length,
  );
  metrics.gaugeOf(
    'topics_unregistered',
    'Source topics that are wanted and not copied, because mirror init has not been run since',
    () => unregistered.found.length,
  );
  metrics.counterOf(
    'throttled_seconds_total',
    'For how long brokers have refused to serve this process because of quotas, all connections together',
    () => [
      [{ cluster: 'source' }, link.source.throttledMs / 1_000],
      [{ cluster: 'target' }, link.target.throttledMs / 1_000],
    ],
  );
  metrics.counterOf(
    'limited_seconds_total',
    'For how long the limit of bytes a second has kept this process from copying',
    () => bandwidth.heldBackMs / 1_000,
  );
  metrics.gaugeOf(
    'stuck_lso',
    'Source transactions that nobody will end, and which hide what follows (docs/runbooks/stuck-lso.md)',
    () => stuck.count,
  );
}

function declarePartitionGauges(
  metrics: Metrics,
  link: string,
  read: () => readonly PartitionReading[],
): void {
  const gauge = (name: string, help: string, value: (partition: PartitionReading) => number | undefined) =>
    metrics.gaugeOf(name, help, () =>
      read().flatMap((reading) => {
        const found = value(reading);
        const labels = { link, topic: reading.topic, partition: String(reading.partition) };
        return found === undefined ? [] : [[labels, found] as const];
      }),
    );
  gauge(
    'lag_records',
    'Source offsets not yet committed on the target; absent: unknown',
    (p) => p.lagRecords,
  );
  gauge(
    'lag_seconds',
    'Age of the last copied record while there is lag; absent: unknown',
    (p) => p.lagSeconds,
  );
  gauge('lso_lag_records', 'Source offsets held back by an open transaction there', (p) => p.lsoLagRecords);
  gauge('paused', '1 for a paused partition (mirror status says what to do)', (p) => (p.paused ? 1 : 0));
  gauge('lost_records', 'Source offsets that were deleted before they were copied', (p) => p.lostRecords);
}

import { secondsBounds, type Counter, type Histogram, type Metrics } from '@penstock/service';
import { rewriteReasons } from './copy/plan-copy.ts';

/** How batches were copied, and why not as they were. */
export const paths = ['pass', ...rewriteReasons, 'below-position'] as const;

export const outcomes = ['committed', 'aborted', 'fenced', 'failed'] as const;

export interface MirrorMetrics {
  readonly batches: Counter;
  readonly records: Counter;
  readonly bytes: Counter;
  readonly transactions: Counter;
  readonly takeovers: Counter;
  readonly pauses: Counter;
  readonly commitSeconds: Histogram;
}

export function declareMirrorMetrics(metrics: Metrics): MirrorMetrics {
  return {
    batches: metrics.counter('batches_total', 'Batches of the source, by the way they were copied', {
      name: 'path',
      values: paths,
    }),
    records: metrics.counter('records_total', 'Records copied and committed'),
    bytes: metrics.counter('bytes_total', 'Bytes of batches copied and committed, as compressed'),
    transactions: metrics.counter('transactions_total', 'Transactions on the target', {
      name: 'outcome',
      values: outcomes,
    }),
    takeovers: metrics.counter('takeovers_total', 'Shards taken over'),
    pauses: metrics.counter('pauses_total', 'Partitions paused until an operator answers'),
    commitSeconds: metrics.histogram('commit_duration_seconds', 'From commit to its answer', secondsBounds),
  };
}

/** One partition as metrics and /status show it. */
export interface PartitionReading {
  readonly name: string;
  readonly lagRecords: number;
  readonly lagSeconds: number;
  readonly lsoLagRecords: number;
  readonly paused: boolean;
}

export function declarePartitionMetrics(metrics: Metrics, read: () => readonly PartitionReading[]): void {
  const gauge = (name: string, help: string, value: (partition: PartitionReading) => number) => {
    metrics.gaugeOf(
      name,
      help,
      () => read().map((partition) => [partition.name, value(partition)] as const),
      'partition',
    );
  };
  gauge('lag_records', 'Source offsets not yet committed on the target', (p) => p.lagRecords);
  gauge('lag_seconds', 'Age of the last copied record while there is lag', (p) => p.lagSeconds);
  gauge('lso_lag_records', 'Source offsets held back by an open transaction there', (p) => p.lsoLagRecords);
  gauge('paused', '1 for a partition that waits for an operator (mirror status, mirror resume)', (p) =>
    p.paused ? 1 : 0,
  );
}

import { secondsBounds, type Counter, type Histogram, type Metrics } from '@penstock/service';

/** Why a batch is decoded and encoded again instead of passing as it is. */
export const rewriteReasons = ['trimmed', 'gaps', 'log-append-time', 'oversize', 'tiny'] as const;

export type RewriteReason = (typeof rewriteReasons)[number];

const paths = ['pass', ...rewriteReasons, 'below-position'] as const;

const outcomes = ['committed', 'aborted', 'fenced', 'failed'] as const;

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
    pauses: metrics.counter('pauses_total', 'Pauses of partitions that began'),
    commitSeconds: metrics.histogram('commit_duration_seconds', 'From commit to its answer', secondsBounds),
  };
}

/** One partition as the metrics show it. What is not known is undefined, and its line is left out. */
export interface PartitionReading {
  readonly name: string;
  readonly lagRecords: number | undefined;
  readonly lagSeconds: number | undefined;
  readonly lsoLagRecords: number | undefined;
  readonly paused: boolean;
  readonly lostRecords: number | undefined;
}

export function declarePartitionMetrics(metrics: Metrics, read: () => readonly PartitionReading[]): void {
  const gauge = (name: string, help: string, value: (partition: PartitionReading) => number | undefined) => {
    const readings = () =>
      read().flatMap((partition) => {
        const found = value(partition);
        return found === undefined ? [] : [[partition.name, found] as const];
      });
    metrics.gaugeOf(name, help, readings, 'partition');
  };
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

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

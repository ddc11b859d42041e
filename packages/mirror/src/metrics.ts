import { secondsBounds, type Counter, type Histogram, type Metrics } from '@penstock/service';
import { rewriteReasons } from './copy/plan-copy.ts';

const paths = ['pass', ...rewriteReasons, 'below-position'] as const;

const outcomes = ['committed', 'aborted', 'fenced', 'failed'] as const;

/** From a tenth of a second, which no commit is faster than, to a datacenter that was cut off for days. */
const receiptBounds = [
  0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400, 86_400, 259_200,
];

export interface MirrorMetrics {
  readonly batches: Counter;
  readonly records: Counter;
  readonly bytes: Counter;
  readonly transactions: Counter;
  readonly rejected: Counter;
  readonly takeovers: Counter;
  readonly pauses: Counter;
  readonly commitSeconds: Histogram;
  readonly receiptSeconds: Histogram;
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
    rejected: metrics.counter(
      'rejected_total',
      'Records that the target cannot take, of which it has a reference instead (mirror.<link>.rejected)',
    ),
    takeovers: metrics.counter('takeovers_total', 'Shards taken over'),
    pauses: metrics.counter('pauses_total', 'Pauses of partitions that began'),
    commitSeconds: metrics.histogram('commit_duration_seconds', 'From commit to its answer', secondsBounds),
    receiptSeconds: metrics.histogram(
      'receipt_to_commit_seconds',
      'From the time of a record, at which the Receiver took it, to its commit on the target; ' +
        'all records of a batch count with the time of the first',
      receiptBounds,
    ),
  };
}

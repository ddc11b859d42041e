import { secondsBounds, type Metrics } from '@penstock/service';
import type { MemoryBudget } from './request/memory-budget.ts';
import type { Backlog } from './raw/backlog.ts';
import { problemCodes } from './api/problems.ts';
import type { EventRoute } from './api/routes.ts';

export type ReceiverMetrics = ReturnType<typeof declareMetrics>;

export interface Measured {
  routes: readonly EventRoute[];
  budget: MemoryBudget;
  backlog: Backlog;
  topic: { writableShare: number };
}

export function declareMetrics(metrics: Metrics, { routes, budget, backlog, topic }: Measured) {
  metrics.gaugeOf(
    'writable_partitions_ratio',
    'The share of the raw topic that can be written now: has a leader and enough replicas in sync.',
    () => topic.writableShare,
  );
  metrics.gaugeOf(
    'in_flight_bytes',
    'Memory of requests: being read, waiting for Kafka or for their turn to be answered, or refused.',
    () => budget.bytes,
  );
  metrics.gaugeOf('in_flight_limit_bytes', 'Where in_flight_bytes ends in 503.', () => budget.bytesMax);
  metrics.gaugeOf(
    'expected_wait_seconds',
    'How long a request would wait for Kafka now; beyond QUEUE_AGE_MAX_MS it is refused.',
    () => backlog.expectedWaitMs(performance.now()) / 1000,
  );
  return {
    received: metrics.counter('received_requests_total', 'Requests whose headers were taken.', {
      name: 'route',
      values: routes.map((route) => route.name),
    }),
    receivedBytes: metrics.counter('received_bytes_total', 'Bytes of bodies read, as sent.'),
    acknowledged: metrics.counter(
      'sent_records_total',
      'Records that Kafka has confirmed; each was answered 200.',
    ),
    acknowledgedBytes: metrics.counter('sent_bytes_total', 'Bytes of the bodies of these records.'),
    discarded: metrics.counter('discarded_requests_total', 'Requests not answered 200, by problem code.', {
      name: 'reason',
      values: problemCodes,
    }),
    discardedBytes: metrics.counter(
      'discarded_bytes_total',
      'Bytes of refused bodies, read and thrown away.',
    ),
    droppedConnections: metrics.counter(
      'dropped_connections_total',
      'Closed at CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX, or for too many answers in waiting.',
      { name: 'limit', values: ['total', 'address', 'answers'] },
    ),
    tlsConnections: metrics.counter(
      'tls_connections_total',
      'Connections of TLS: with a certificate of the client, without, or failed before the first request.',
      { name: 'client', values: ['anonymous', 'certified', 'failed'] },
    ),
    certificateReloads: metrics.counter(
      'certificate_reloads_total',
      'Changes of the TLS files. refused: they do not fit together, and the certificate of before stays.',
      { name: 'outcome', values: ['taken', 'refused'] },
    ),
    spooledRecords: metrics.counter(
      'spooled_records_total',
      'Records of clients that cannot send again: on the disk, from there to Kafka, or not taken.',
      { name: 'outcome', values: ['stored', 'replayed', 'refused'] },
    ),
    spoolDamagedBytes: metrics.counter(
      'spool_damaged_bytes_total',
      'Bytes of the spool that were records once: acknowledged, and lost.',
    ),
    kafkaErrors: metrics.counter('errors_total', 'Batches that Kafka did not confirm.', {
      name: 'kind',
      values: ['unknown', 'refused'],
    }),
    seconds: metrics.histogram('duration_seconds', 'How long each stage of a request took.', secondsBounds, {
      name: 'stage',
      values: ['body', 'kafka'],
    }),
  };
}

import { reasons, type Pipeline } from '@penstock/events';
import { secondsBounds, type Metrics } from '@penstock/service';
import type { Tally } from './dedup/tally.ts';

export type FilterMetrics = ReturnType<typeof declareFilterMetrics>;

/** What packages/events lists among an event's fixes beside those of the catalogue. */
const normalisations = ['normalise-text', 'normalise-screen', 'normalise-location'];
const otherFix = 'other';

export const eventOutcomes = ['clean', 'rejected', 'unwanted', 'duplicate'] as const;

/**
 * The counters of one thread. Every thread declares the same in the same order. What concerns events is added when their
 * transaction is committed, so `events_total` = sum of `outcomes_total` at any time, and nothing counts twice.
 */
export function declareFilterMetrics(metrics: Metrics, pipeline: Pipeline) {
  const reasonLabel = { name: 'reason', values: Object.keys(reasons) };
  return {
    requests: metrics.counter('requests_total', 'Raw records filtered.'),
    events: metrics.counter(
      'events_total',
      'Events after the split; a request that cannot be split counts as one.',
    ),
    outcomes: metrics.counter('outcomes_total', 'What became of them.', {
      name: 'outcome',
      values: eventOutcomes,
    }),
    conflicts: metrics.counter(
      'duplicate_conflicts_total',
      'Duplicates whose content differs from the first.',
    ),
    reasons: metrics.counter('rejected_total', 'Rejected and unwanted events by reason.', reasonLabel),
    fixes: metrics.counter('fixes_total', 'Fixes and normalisations applied.', {
      name: 'fix',
      values: [...new Set([...pipeline.fixIds, ...normalisations, otherFix])],
    }),
    bytes: metrics.counter('bytes_total', 'Bytes fetched and written, as in Kafka.', {
      name: 'direction',
      values: ['in', 'out'],
    }),
    transactions: metrics.counter('transactions_total', 'Transactions by their end.', {
      name: 'outcome',
      values: ['committed', 'aborted', 'fenced'],
    }),
    poison: metrics.counter('poison_total', 'Records that Kafka refused and that were rejected instead.'),
    commitSeconds: metrics.histogram(
      'commit_seconds',
      'From the last output to the certain commit.',
      secondsBounds,
    ),
    delaySeconds: metrics.histogram(
      'delay_seconds',
      'From received_at to the certain commit, by request.',
      secondsBounds,
    ),
    takeovers: metrics.counter('takeovers_total', 'Partitions taken over.'),
    rebuildSeconds: metrics.counter(
      'rebuild_seconds_total',
      'Time spent on rebuilding de-duplication windows.',
    ),
    rebuiltIds: metrics.counter('rebuilt_ids_total', 'Ids read from events.seen for that.'),
    windowIds: metrics.gauge('dedup_ids', 'Ids in the de-duplication windows.'),
    windowBytes: metrics.gauge('dedup_bytes', 'Memory of the de-duplication windows.'),
    partitions: metrics.gauge('partitions', 'Partitions by what is done with them.', {
      name: 'state',
      values: ['running', 'resting', 'starting', 'halted'],
    }),
    markersWaitSeconds: metrics.gauge(
      'markers_wait_seconds',
      'How long a transactional id has been held up by a decided transaction whose markers cannot be written.',
    ),
    stuckLso: metrics.gauge(
      'stuck_lso',
      'Transactions in raw that nobody will end: nothing behind them is visible (docs/runbooks/stuck-lso.md).',
    ),
    lagRecords: metrics.gauge(
      'lag_records',
      'Raw records not yet filtered, of the partitions assigned here.',
    ),
    lookups: metrics.gauge('geoip_lookups', 'GeoIP look-ups since the start.', {
      name: 'result',
      values: ['found', 'unknown', 'notGlobal', 'broken'],
    }),
  };
}

/** An id that nobody declared must not cost the thread its life. */
export function countFix(
  metrics: FilterMetrics,
  pipeline: Pick<Pipeline, 'fixIds'>,
  fix: string,
  count: number,
): void {
  const isKnown = pipeline.fixIds.includes(fix) || normalisations.includes(fix);
  metrics.fixes.add(count, isKnown ? fix : otherFix);
}

/** Adds what a committed transaction did. */
export function countTally(metrics: FilterMetrics, tally: Tally): void {
  metrics.requests.add(tally.requests);
  metrics.events.add(tally.events);
  for (const outcome of eventOutcomes) metrics.outcomes.add(tally[outcome], outcome);
  metrics.conflicts.add(tally.conflict);
}

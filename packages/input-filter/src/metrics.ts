import { reasons, type Pipeline } from '@penstock/events';
import { secondsBounds, type Metrics } from '@penstock/service';
import type { Tally } from './dedup/tally.ts';
import { receivedAheadMark } from './partition/receiver-clocks.ts';

export type FilterMetrics = ReturnType<typeof declareFilterMetrics>;

/** What packages/events lists among the fixes of an event besides those of the catalogue. */
const normalisations = ['normalise-text', 'normalise-screen', 'normalise-location'];

const otherFix = 'other';

export const eventOutcomes = ['clean', 'rejected', 'unwanted', 'duplicate'] as const;

export const lookupResults = ['found', 'unknown', 'not_global', 'broken'] as const;

/**
 * The counters of one thread. Every thread declares the same in the same order. What concerns events is added
 * when their transaction is committed, so nothing counts twice, and `events_total` is the sum of
 * `outcomes_total` at any time.
 */
export function declareFilterMetrics(metrics: Metrics, pipeline: Pipeline) {
  return { ...declareEventMetrics(metrics, pipeline), ...declareThreadMetrics(metrics) };
}

function declareEventMetrics(metrics: Metrics, pipeline: Pipeline) {
  const reasonLabel = { name: 'reason', values: Object.keys(reasons) };
  const ruleLabel = { name: 'rule', values: [...pipeline.fixIds, otherFix] };
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
      values: [...new Set([...pipeline.fixIds, ...normalisations, receivedAheadMark, otherFix])],
    }),
    rules: metrics.counter('rule_stops_total', 'Events that a rule (a fix) has stopped.', ruleLabel),
    clocksOff: metrics.counter(
      'receiver_clock_off_total',
      'Requests whose received_at is more than a minute ahead of this filter, or behind other Receivers.',
      { name: 'clock', values: ['ahead', 'behind'] },
    ),
    unbalanced: metrics.gauge(
      'unbalanced_events',
      'Events without an outcome, or with more than one. Anything but 0 is a bug.',
    ),
    lookups: metrics.counter('geoip_lookups_total', 'GeoIP look-ups by their result.', {
      name: 'result',
      values: lookupResults,
    }),
  };
}

function declareThreadMetrics(metrics: Metrics) {
  return {
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
      'commit_duration_seconds',
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
    rebuiltBytes: metrics.counter('rebuilt_bytes_total', 'Bytes of events.seen read for that, as in Kafka.'),
    windowIds: metrics.gauge('dedup_ids', 'Ids in the de-duplication windows.'),
    windowBytes: metrics.gauge('dedup_bytes', 'Memory of the de-duplication windows.'),
    windowBytesMax: metrics.gauge('dedup_bytes_max', 'What that memory may grow to (DEDUP_IDS_MAX).'),
    partitions: metrics.gauge('partitions', 'Partitions by what is done with them.', {
      name: 'state',
      values: ['running', 'resting', 'starting', 'paused'],
    }),
    markersWaitSeconds: metrics.gauge(
      'markers_wait_seconds',
      'How long a decided transaction whose markers cannot be written has held up its transactional id.',
    ),
    stuckLso: metrics.gauge(
      'stuck_lso',
      'Transactions in raw that nobody will end and that hide what follows (docs/runbooks/stuck-lso.md).',
    ),
  };
}

/**
 * Metrics of the whole process, read when somebody asks. Declared by the main thread alone, after the shared
 * ones.
 * @param partitions as the threads last reported them.
 */
export function declarePartitionMetrics(
  metrics: Metrics,
  partitions: () => readonly MeasuredPartition[],
): void {
  const read = (what: 'records' | 'seconds') => () =>
    partitions().flatMap(({ partition, lag }) =>
      lag ? [[{ partition: String(partition) }, lag[what]] as const] : [],
    );
  metrics.gaugeOf(
    'lag_records',
    'Raw records between the committed position and the end of the log.',
    read('records'),
  );
  metrics.gaugeOf(
    'lag_seconds',
    'How long the oldest raw record that is not committed has been waiting since it was received.',
    read('seconds'),
  );
  metrics.gaugeOf(
    'dedup_window_seconds',
    'How long ids are remembered, where it is shortest. Less than DEDUP_WINDOW_MS: raise DEDUP_IDS_MAX.',
    () => shortestWindowSeconds(partitions()),
  );
  metrics.gaugeOf('partition_paused', 'Partitions of raw that wait for an operator, 1 each.', () =>
    partitions().flatMap(({ partition, state }) =>
      state === 'paused' ? [[{ partition: String(partition) }, 1] as const] : [],
    ),
  );
}

function shortestWindowSeconds(partitions: readonly MeasuredPartition[]): number | readonly [] {
  const held = partitions.flatMap(({ window }) => (window ? [window.heldMs] : []));
  return held.length > 0 ? Math.min(...held) / 1000 : [];
}

/** The part of a partition's status that the metrics of the process show. */
export interface MeasuredPartition {
  readonly partition: number;
  readonly state: string;
  readonly lag?: { readonly records: number; readonly seconds: number };
  readonly window?: { readonly heldMs: number };
}

/** An id that nobody declared must not cost the thread its life. */
export function countFix(
  metrics: FilterMetrics,
  pipeline: Pick<Pipeline, 'fixIds'>,
  fix: string,
  count: number,
): void {
  const isKnown = pipeline.fixIds.includes(fix) || normalisations.includes(fix) || fix === receivedAheadMark;
  metrics.fixes.add(count, isKnown ? fix : otherFix);
}

/** Adds what rules have stopped. */
export function countRules(
  metrics: FilterMetrics,
  pipeline: Pick<Pipeline, 'fixIds'>,
  rules: ReadonlyMap<string, number>,
): void {
  for (const [rule, count] of rules)
    metrics.rules.add(count, pipeline.fixIds.includes(rule) ? rule : otherFix);
}

/** Adds what a committed transaction did. */
export function countTally(metrics: FilterMetrics, tally: Tally): void {
  metrics.requests.add(tally.requests);
  metrics.events.add(tally.events);
  for (const outcome of eventOutcomes) metrics.outcomes.add(tally[outcome], outcome);
  metrics.conflicts.add(tally.conflict);
}

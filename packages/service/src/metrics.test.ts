import { expect, test } from 'vitest';
import { Metrics } from './metrics.ts';

function declare(metrics: Metrics) {
  return {
    events: metrics.counter('events_total', 'Events.'),
    refused: metrics.counter('refused_total', 'Refused.', { name: 'reason', values: ['full', 'bad'] }),
    wait: metrics.histogram('wait_seconds', 'Wait.', [0.1, 1]),
    open: metrics.gauge('open_count', 'Open.'),
    seen: metrics.counter('seen_total', 'Seen.', {
      name: 'datacenter/hop',
      values: ['fra/clean', 'fra/raw'],
    }),
  };
}

const linesOf = async (metrics: Metrics) =>
  (await metrics.exposition()).split('\n').filter((line) => line.startsWith('penstock_'));

test('metrics are exposed with their names, labels and buckets', async () => {
  const metrics = new Metrics('input-filter');
  const { events, refused, wait, open, seen } = declare(metrics);
  metrics.gaugeOf('lag_records', 'Lag.', () => [[{ topic: 'raw', partition: '3' }, 12]]);
  metrics.counterOf('waited_seconds_total', 'Waited.', () => 2.5);
  events.add(5);
  refused.add(1, 'bad');
  wait.observe(0.1);
  wait.observe(0.5, '', 2);
  wait.observe(7);
  open.set(4);
  seen.add(2, 'fra/clean');
  expect(await linesOf(metrics)).toEqual([
    'penstock_input_filter_events_total 5',
    'penstock_input_filter_refused_total{reason="full"} 0',
    'penstock_input_filter_refused_total{reason="bad"} 1',
    'penstock_input_filter_wait_seconds_bucket{le="0.1"} 1',
    'penstock_input_filter_wait_seconds_bucket{le="1"} 3',
    'penstock_input_filter_wait_seconds_bucket{le="+Inf"} 4',
    'penstock_input_filter_wait_seconds_sum 8.1',
    'penstock_input_filter_wait_seconds_count 4',
    'penstock_input_filter_open_count 4',
    'penstock_input_filter_seen_total{datacenter="fra",hop="clean"} 2',
    'penstock_input_filter_seen_total{datacenter="fra",hop="raw"} 0',
    'penstock_input_filter_lag_records{topic="raw",partition="3"} 12',
    'penstock_input_filter_waited_seconds_total 2.5',
  ]);
});

test('the main thread exposes the sum of all threads', async () => {
  const metrics = new Metrics('mirror');
  const main = declare(metrics);
  const threads = [0, 1].map(() => declare(new Metrics('mirror', { cells: metrics.share() })));
  main.events.add(1);
  for (const thread of threads) thread.events.add(10);
  expect(await linesOf(metrics)).toContain('penstock_mirror_events_total 21');
});

test('a label value that was not declared is a bug', () => {
  const { refused } = declare(new Metrics('mirror'));
  expect(() => refused.add(1, '10.1.2.3')).toThrow(RangeError);
});

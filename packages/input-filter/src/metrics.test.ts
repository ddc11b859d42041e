import { builtInCatalogue, createPipeline } from '@penstock/events';
import { Metrics } from '@penstock/service';
import { expect, test } from 'vitest';
import {
  countFix,
  countTally,
  declareFilterMetrics,
  declarePartitionMetrics,
  type MeasuredPartition,
} from './metrics.ts';

test('fixes and normalisations are counted, and an undeclared id ends no thread', async () => {
  const pipeline = createPipeline(builtInCatalogue);
  const metrics = new Metrics('input-filter');
  const declared = declareFilterMetrics(metrics, pipeline);
  for (const fix of [pipeline.fixIds[0]!, 'normalise-screen', 'of-another-version'])
    countFix(declared, pipeline, fix, 2);
  countTally(declared, {
    requests: 1,
    events: 4,
    clean: 1,
    rejected: 1,
    unwanted: 1,
    duplicate: 1,
    conflict: 0,
  });
  const text = await metrics.exposition();
  for (const fix of [pipeline.fixIds[0]!, 'normalise-screen', 'other']) {
    expect(text).toContain(`penstock_input_filter_fixes_total{fix="${fix}"} 2`);
  }
  expect(text).toContain('penstock_input_filter_outcomes_total{outcome="unwanted"} 1');
});

test('the shortest window of all partitions is shown, and none while there is none', async () => {
  const metrics = new Metrics('input-filter');
  const held = [600_000, 126_000, 300_000];
  const running = held.map((heldMs, partition) => ({ partition, state: 'running', window: { heldMs } }));
  let partitions: MeasuredPartition[] = [{ partition: 7, state: 'starting' }, ...running];
  declarePartitionMetrics(metrics, () => partitions);
  expect(await metrics.exposition()).toContain('\npenstock_input_filter_dedup_window_seconds 126\n');
  partitions = partitions.slice(0, 1);
  expect(await metrics.exposition()).not.toContain('\npenstock_input_filter_dedup_window_seconds');
});

import { expect, test } from 'vitest';
import { Flow, secondsKept } from './flow.ts';

test('rates are those of the last full ten seconds', () => {
  const flow = new Flow(['fra']);
  for (let second = 0; second < 30; second++) {
    flow.read('fra/clean', second < 15 ? 1_000 : 10);
    flow.tick();
  }
  flow.read('fra/clean', 5);
  expect(flow.view('fra', 'clean').recordsPerSecond).toBe(10);
});

test('latencies are those of the last minute, duplicates left out', () => {
  const flow = new Flow(['fra']);
  flow.found('ok', 'fra', 'master', 9_000);
  for (let second = 0; second < 61; second++) flow.tick();
  expect(flow.view('fra', 'master').medianMs).toBeNull();
  for (const latency of [100, 300, 200]) flow.found('ok', 'fra', 'master', latency);
  flow.found('duplicate', 'fra', 'master', 50_000);
  expect(flow.view('fra', 'master')).toMatchObject({ medianMs: 200, slowestMs: 300 });
  flow.tick();
  expect(flow.seconds.at(-1)).toEqual({
    ...{ number: 62, latencyMs: 200, duplicates: 1, lost: 0, recordsPerSecond: 0 },
  });
});

test('several datacenters share the master: its rate is told once, not for each', () => {
  const flow = new Flow(['fra', 'nyc']);
  flow.read('master', 20);
  flow.tick();
  expect(flow.view('fra', 'master').recordsPerSecond).toBeNull();
  expect(flow.rate('master')).toBe(20);
});

test('memory does not grow with uptime', () => {
  const flow = new Flow(['fra']);
  for (let second = 0; second < secondsKept + 50; second++) flow.tick();
  expect(flow.seconds).toHaveLength(secondsKept);
});

import { expect, test } from 'vitest';
import type { PartReport, Report } from './measured.ts';
import { renderSummary } from './summary.ts';
import type { Figure, Row } from './table.ts';

const row = (name: string, figures: Record<string, Figure>): Row => ({ name, figures });

function part(rows: Row[], keys: string[], loadBefore?: number): PartReport {
  return {
    ...{ measuredAt: '2026-11-24T01:02:03.000Z', runs: 5 },
    ...(loadBefore !== undefined && { loadBefore }),
    machine: { cpu: 'a CPU', cores: 2, memoryGb: 8, system: 'Linux 6', node: '26.10.0' },
    table: { title: '', columns: keys.map((key) => ({ key, title: key, digits: 1 })), rows, notes: [] },
  };
}

const gone: Row = { name: 'gone', figures: {}, skipped: 'it is not here' };
const spread = (median: number) => ({ median, min: median / 2, max: median * 2 });

test('each peer has its ratios, and those in which it is better are bold', () => {
  const rows = [
    row('Penstock', { cpu: spread(2), rate: 50, p99: 30, rss: null }),
    row('slow|one', { cpu: 8, rate: 100, p99: 10, rss: 5 }),
    gone,
  ];
  const report: Report = {
    suites: { core: { about: '', parts: { a: part(rows, ['cpu', 'rate', 'p99']) } } },
  };
  const lines = renderSummary(report, [{ name: 'core', parts: ['a'] }]).split('\n');
  expect(lines.at(-2)).toBe(
    '| core a | slow\\|one | 0.25 | - | **3** | - | **0.5** ' +
      '| 2026-11-24, 5 runs, 2 cores, load before: not noted |',
  );
  expect(lines.at(-1)).toContain('| gone | not measured | not measured |');
});

test('what was never run is said to be not measured, and has no figure', () => {
  const suites = [
    { name: 'core', parts: ['a', 'b'] },
    { name: 'mirror', parts: ['lz4'] },
  ];
  const measured = part([row('Penstock', { cpu: 1 }), row('peer', { cpu: 2 })], ['cpu'], 3.21);
  const text = renderSummary({ suites: { core: { about: '', parts: { a: measured } } } }, suites);
  expect(text).toContain('| core a | peer | 0.5 | - | - | - | - |');
  expect(text).toContain('load before: 3.2');
  for (const name of ['core b', 'mirror lz4']) {
    expect(text).toContain(`| ${name} | not measured |  |  |  |  |  |  |`);
  }
});

test('workloads of one table are not mixed up, and a peer with a comma in its name is still one', () => {
  const rows = [
    ...[row('Penstock, 1 a request', { cpu: 4 }), row('Connect, 1 a request', { cpu: 8 })],
    ...[row('Penstock, 10 a request', { cpu: 3 }), row('Connect, 10 a request', { cpu: 30 })],
  ];
  const mirrors = [row('Penstock Mirror', { cpu: 1 }), row('MirrorMaker 2 4.3.1, exactly-once', { cpu: 10 })];
  const report: Report = {
    suites: {
      receiver: { about: '', parts: { cost: part(rows, ['cpu']) } },
      mirror: { about: '', parts: { lz4: part(mirrors, ['cpu']) } },
    },
  };
  const text = renderSummary(report, [
    { name: 'receiver', parts: ['cost'] },
    { name: 'mirror', parts: ['lz4'] },
  ]);
  expect(text.match(/^\| receiver.*$/gm)).toHaveLength(2);
  expect(text).toContain('| receiver cost, 1 a request | Connect, 1 a request | 0.5 |');
  expect(text).toContain('| receiver cost, 10 a request | Connect, 10 a request | 0.1 |');
  expect(text).toContain('| MirrorMaker 2 4.3.1, exactly-once | 0.1 |');
});

test('a table without figures that can be divided is pointed at', () => {
  const words = part([row('penstock-run', { told: 'yes' }), row('su', { told: 'no' }), gone], ['told']);
  const report: Report = { suites: { runner: { about: '', parts: { stop: words } } } };
  expect(renderSummary(report, [{ name: 'runner', parts: ['stop'] }])).toContain(
    '| runner stop | see its table below |',
  );
});

test('beside Benthos, CPU is by what Redpanda Connect would take, and the row says so', () => {
  const rows = [row('Penstock', { cpu: 6, ratio: 1.1 }), row('Benthos 4.27', { cpu: 12, ratio: 2.2 })];
  const { table, ...rest } = part(rows, ['cpu', 'ratio']);
  const columns = table.columns.map((each) =>
    each.key === 'ratio' ? { ...each, title: 'x Redpanda Connect' } : each,
  );
  const report: Report = {
    suites: { receiver: { about: '', parts: { cost: { ...rest, table: { ...table, columns } } } } },
  };
  const text = renderSummary(report, [{ name: 'receiver', parts: ['cost'] }]);
  expect(text).toContain("| Benthos 4.27; its CPU as Redpanda Connect's, scaled | **1.1** |");
});

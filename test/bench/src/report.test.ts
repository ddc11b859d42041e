import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderReport, withPart } from './report.ts';
import type { PartReport, Report } from './measured.ts';
import { suites } from './suites.ts';

const core = { name: 'core', about: 'The Kafka core', parts: ['produce', 'consume'] };
const runner = { name: 'runner', about: 'The Runner', parts: ['start'] };

function part(title: string): PartReport {
  return {
    measuredAt: '2026-11-24T01:02:03.000Z',
    runs: 5,
    machine: { cpu: 'a CPU', cores: 2, memoryGb: 8, system: 'Linux 6', node: '26.10.0' },
    table: { title, columns: [], rows: [], notes: [] },
  };
}

const empty: Report = { suites: {} };

test('a part that is measured anew leaves every other as it was', () => {
  let report = withPart(empty, core, 'consume', part('old consume'));
  report = withPart(report, runner, 'start', part('start'));
  report = withPart(report, core, 'produce', part('produce'));
  report = withPart(report, core, 'consume', part('new consume'));
  const text = renderReport(report, [core, runner]);
  const titles = [...text.matchAll(/^##+ (.*)$/gm)].map(([, title]) => title);
  expect(titles).toEqual(['core', 'produce', 'new consume', 'runner', 'start']);
});

test('each table says when, how often and on what it was measured', () => {
  expect(renderReport(withPart(empty, core, 'produce', part('produce')), [core])).toContain(
    '2026-11-24 01:02 UTC, 5 runs; 2 x a CPU, 8 GB, Linux 6, Node 26.10.0.',
  );
});

test('a part that a suite no longer has goes', () => {
  const report = withPart(empty, { ...core, parts: ['gone'] }, 'gone', part('gone'));
  expect(Object.keys(withPart(report, core, 'produce', part('produce')).suites['core']!.parts)).toEqual([
    'produce',
  ]);
});

test('docs/benchmarks.md is what its figures make: nobody has written into it', () => {
  const docs = join(import.meta.dirname, '../../../docs');
  const report = JSON.parse(readFileSync(join(docs, 'benchmarks.json'), 'utf8')) as Report;
  // The formatter aligns columns. A suite that is new has nothing measured, and may lack its row.
  const plain = (text: string): string => {
    const lines = text
      .replaceAll(/ +/g, ' ')
      .replaceAll(/-{2,}(:?)/g, '--$1')
      .trim()
      .split('\n');
    return lines.filter((line) => !/^\| [^|]* \| not measured \| \|/.test(line)).join('\n');
  };
  expect(plain(readFileSync(join(docs, 'benchmarks.md'), 'utf8'))).toBe(plain(renderReport(report, suites)));
});

import { renderMarkdown } from './table.ts';
import type { PartReport, Report } from './measured.ts';
import { renderSummary, type SummarySuite } from './summary.ts';

/** The report with one part measured anew; every other part, of this suite or another, stays as it was. */
export function withPart(
  report: Report,
  suite: { name: string; about: string; parts: readonly string[] },
  part: string,
  measured: PartReport,
): Report {
  const parts = { ...report.suites[suite.name]?.parts, [part]: measured };
  const known = suite.parts.flatMap((name) => (parts[name] ? [[name, parts[name]] as const] : []));
  const renewed = { about: suite.about, parts: Object.fromEntries(known) };
  return { suites: { ...report.suites, [suite.name]: renewed } };
}

/** `suites`: all that there are, in the order of the report. */
export function renderReport(report: Report, suites: readonly SummarySuite[]): string {
  const measured = suites.flatMap(({ name }) => {
    const suite = report.suites[name];
    return suite ? [[name, suite] as const] : [];
  });
  const sections = measured.flatMap(([name, { about, parts }]) => [
    `## ${name}`,
    '',
    `${about}. \`npm run bench -- ${name}\``,
    '',
    ...Object.values(parts).flatMap((part) => [renderMarkdown(part.table), `- ${circumstances(part)}`, '']),
  ]);
  return [
    '# Benchmarks',
    '',
    'Written by `npm run bench`, which measured everything here; do not edit. The figures are also in',
    '`benchmarks.json`. Machines are noisy: compare rows of one table, which were measured turn by turn, not',
    'tables of different days. A figure is the median of the runs, with the least and the most behind it.',
    '',
    renderSummary(report, suites),
    '',
    ...sections,
  ].join('\n');
}

function circumstances({ measuredAt, runs, machine, loadBefore }: PartReport): string {
  const { cpu, cores, memoryGb, system, node } = machine;
  const when = `${measuredAt.slice(0, 16).replace('T', ' ')} UTC`;
  const load = loadBefore === undefined ? '' : `, load average ${loadBefore.toFixed(1)} before`;
  return `${when}, ${runs} runs; ${cores} x ${cpu}, ${memoryGb} GB, ${system}, Node ${node}${load}.`;
}

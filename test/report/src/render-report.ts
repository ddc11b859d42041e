import { escapeHtml } from './escape-html.ts';
import { drawLanes } from './lanes.ts';
import { colours, drawPlot, type Mark, type Plot } from './plot.ts';
import { pageStyle } from './page-style.ts';

export type Fact = readonly [name: string, value: string];

export interface Table {
  title: string;
  head: readonly string[];
  rows: readonly (readonly string[])[];
  /** Shown in place of a table without rows. */
  empty: string;
}

/** What a page says, in this order. */
export interface Report {
  title: string;
  /** Comes first: whether all is well, in one sentence, and what there is to say to that. */
  verdict: { good: boolean; headline: string; details: readonly string[] };
  facts: readonly Fact[];
  /** How to run it again. */
  command: string;
  /** Seconds that the plots cover. */
  seconds: number;
  plots: readonly Plot[];
  marks: readonly Mark[];
  tables: readonly Table[];
}

/** The whole page. No script, and nothing that has to be loaded. */
export function renderReport(report: Report): string {
  const { title, verdict, facts, command, seconds, plots, marks, tables } = report;
  const body = [
    `<h1>${escapeHtml(title)}</h1>`,
    `<section class="verdict ${verdict.good ? 'good' : 'bad'}"><p class="headline">`,
    `${escapeHtml(verdict.headline)}</p>`,
    verdict.details.length > 0
      ? `<ul>${verdict.details.map((each) => `<li>${escapeHtml(each)}</li>`).join('')}</ul>`
      : '',
    '</section>',
    `<dl>${facts.map(([name, value]) => fact(name, value)).join('')}</dl>`,
    `<p>Again: <code>${escapeHtml(command)}</code></p>`,
    ...(marks.length > 0 ? [lanesOf(seconds, marks)] : []),
    ...plots.map((plot) => figure(plot, seconds, marks)),
    ...tables.map(tableOf),
  ];
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escapeHtml(title)}: ${escapeHtml(verdict.headline)}</title>`,
    `<style>${pageStyle}</style></head>`,
    `<body><main>${body.join('\n')}</main></body>`,
    '</html>',
    '',
  ].join('\n');
}

function fact(name: string, value: string): string {
  return `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`;
}

function figure(plot: Plot, seconds: number, marks: readonly Mark[]): string {
  const legend = plot.series
    .map(({ name }, index) => `<li><i class="c${index % colours}"></i>${escapeHtml(name)}</li>`)
    .join('');
  const title = `${escapeHtml(plot.title)} <small>${escapeHtml(plot.unit)}</small>`;
  const plotted = drawPlot(plot, seconds, marks);
  return `<figure><figcaption>${title}</figcaption>${plotted}<ul class="legend">${legend}</ul></figure>`;
}

function lanesOf(seconds: number, marks: readonly Mark[]): string {
  const caption = 'What was done <small>shown behind all plots below</small>';
  return `<figure><figcaption>${caption}</figcaption>${drawLanes(marks, seconds)}</figure>`;
}

function tableOf({ title, head, rows, empty }: Table): string {
  if (rows.length === 0) return `<h2>${escapeHtml(title)}</h2><p>${escapeHtml(empty)}</p>`;
  const cells = (tag: 'th' | 'td', row: readonly string[]): string =>
    `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  const lines = rows.map((row) => cells('td', row)).join('');
  const table = `<table><thead>${cells('th', head)}</thead><tbody>${lines}</tbody></table>`;
  return `<h2>${escapeHtml(title)}</h2><div class="wide">${table}</div>`;
}

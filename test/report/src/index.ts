export { escapeHtml } from './escape-html.ts';
export { drawPlot, type Mark, type Plot, type Point, type Series } from './plot.ts';
export { clockTime, shortNumber } from './scale.ts';
export { type Fact, type Report, renderReport, type Table } from './render-report.ts';

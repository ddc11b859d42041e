export { type Mark, type Plot, type Point, type Series } from './plot.ts';
export { clockTime } from './scale.ts';
export { type Fact, type Report, renderReport, type Table } from './render-report.ts';

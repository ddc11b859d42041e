import { escapeHtml } from './escape-html.ts';
import { clockTime, roundTicks, shortNumber, timeTicks } from './scale.ts';

/** Seconds from the start, and the value then; undefined: nobody could say. */
export type Point = readonly [second: number, value: number | undefined];

export interface Series {
  name: string;
  points: readonly Point[];
}

/** Something that lasted from one second to another, shown behind the lines. */
export interface Mark {
  label: string;
  from: number;
  to: number;
  /** What it belongs to: marks of one lane stand in one row of the picture of all marks. */
  lane?: string;
}

export interface Plot {
  title: string;
  /** Of the values: 'events/s', 'ms'. */
  unit: string;
  series: readonly Series[];
}

export const width = 960;
const height = 220;
export const edge = { left: 64, right: 12, top: 14, bottom: 24 };
const inner = { width: width - edge.left - edge.right, height: height - edge.top - edge.bottom };
const pointsMax = 600;
/** Colours in CSS, in turn: more lines than that look alike, and the legend says so. */
export const colours = 10;

/**
 * One plot as an SVG that needs the page's CSS. `seconds` is the length of the time axis, the same for all
 * plots of a page so that they can be compared by eye.
 */
export function drawPlot(plot: Plot, seconds: number, marks: readonly Mark[] = []): string {
  const values = plot.series.flatMap(({ points }) => points.flatMap(([, value]) => value ?? []));
  const ticks = roundTicks(values.reduce((high, value) => Math.max(high, value), 0));
  const top = ticks.at(-1) ?? 1;
  const x = (second: number): number => edge.left + (inner.width * second) / Math.max(seconds, 1);
  const y = (value: number): number => edge.top + inner.height * (1 - Math.min(value, top) / top);
  const parts = [
    ...marks.map((mark) => band(mark, x, seconds)),
    ...ticks.map((tick) => horizontal(tick, y(tick))),
    ...timeTicks(seconds).map((tick) => vertical(tick, x(tick))),
    ...plot.series.map(({ name, points }, index) => {
      const path = pathOf(thinned(points), x, y);
      return `<path class="line c${index % colours}" d="${path}"><title>${escapeHtml(name)}</title></path>`;
    }),
  ];
  const label = escapeHtml(`${plot.title}, ${plot.unit}`);
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">${parts.join('')}</svg>`;
}

/** Stretches of a long run become one point each, the highest: a peak must not vanish from the picture. */
export function thinned(points: readonly Point[]): Point[] {
  const stretch = Math.ceil(points.length / pointsMax);
  if (stretch <= 1) return [...points];
  return Array.from({ length: Math.ceil(points.length / stretch) }, (_, index) => {
    const some = points.slice(index * stretch, (index + 1) * stretch);
    const known = some.flatMap(([, value]) => value ?? []);
    return [some[0]![0], known.length > 0 ? Math.max(...known) : undefined];
  });
}

function pathOf(points: readonly Point[], x: (second: number) => number, y: (value: number) => number) {
  let path = '';
  let drawing = false;
  for (const [second, value] of points) {
    if (value === undefined) {
      drawing = false;
      continue;
    }
    path += `${drawing ? 'L' : 'M'}${x(second).toFixed(1)} ${y(value).toFixed(1)}`;
    drawing = true;
  }
  return path;
}

function band({ label, from, to }: Mark, x: (second: number) => number, seconds: number): string {
  const [left, right] = [x(Math.max(0, from)), x(Math.min(to, seconds))];
  const wide = Math.max(2, right - left).toFixed(1);
  const title = escapeHtml(`${label}, ${clockTime(from)} to ${clockTime(to)}`);
  const box = `x="${left.toFixed(1)}" y="${edge.top}" width="${wide}" height="${inner.height}"`;
  return `<rect class="mark" ${box}><title>${title}</title></rect>`;
}

function horizontal(tick: number, at: number): string {
  const y = at.toFixed(1);
  const line = `<line class="grid" x1="${edge.left}" x2="${width - edge.right}" y1="${y}" y2="${y}"/>`;
  const text = `<text x="${edge.left - 6}" y="${(at + 4).toFixed(1)}" text-anchor="end">`;
  return `${line}${text}${shortNumber(tick)}</text>`;
}

function vertical(tick: number, at: number): string {
  return `<text x="${at.toFixed(1)}" y="${height - 6}" text-anchor="middle">${clockTime(tick)}</text>`;
}

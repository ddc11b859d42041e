import { escapeHtml } from './escape-html.ts';
import { edge, type Mark, width } from './plot.ts';
import { clockTime, timeTicks } from './scale.ts';

const rowHeight = 18;
const innerWidth = width - edge.left - edge.right;
/** Of the small letters in the bars, on the average. */
const letterWidth = 5.6;

/** All marks over the same time axis as the plots: a row for each lane, and one more where marks overlap. */
export function drawLanes(marks: readonly Mark[], seconds: number): string {
  const rows = rowsOf(marks);
  const height = rows.length * rowHeight + edge.bottom;
  const x = (second: number): number => edge.left + (innerWidth * second) / Math.max(seconds, 1);
  const parts = [
    ...rows.flatMap(({ lane, marks: some }, index) => [
      `<text x="${edge.left - 6}" y="${index * rowHeight + 13}" text-anchor="end">${escapeHtml(lane)}</text>`,
      ...some.map((mark) => bar(mark, index * rowHeight, x, seconds)),
    ]),
    ...timeTicks(seconds).map(
      (tick) =>
        `<text x="${x(tick).toFixed(1)}" y="${height - 6}" text-anchor="middle">${clockTime(tick)}</text>`,
    ),
  ];
  const box = `viewBox="0 0 ${width} ${height}"`;
  return `<svg ${box} role="img" aria-label="What was done">${parts.join('')}</svg>`;
}

interface Row {
  lane: string;
  marks: Mark[];
}

/** Only the first row of a lane has its name. */
function rowsOf(marks: readonly Mark[]): Row[] {
  return [...Map.groupBy(marks, ({ lane }) => lane ?? '')].flatMap(([lane, some]) => {
    const rows: Row[] = [];
    for (const mark of some.toSorted((one, other) => one.from - other.from)) {
      const free = rows.find(({ marks: before }) => before.every(({ to }) => to <= mark.from));
      if (free) free.marks.push(mark);
      else rows.push({ lane: rows.length === 0 ? lane : '', marks: [mark] });
    }
    return rows;
  });
}

function bar(mark: Mark, top: number, x: (second: number) => number, seconds: number): string {
  const left = x(Math.max(0, mark.from));
  const wide = Math.max(2, x(Math.min(mark.to, seconds)) - left);
  const title = escapeHtml(`${mark.label}, ${clockTime(mark.from)} to ${clockTime(mark.to)}`);
  const place = `x="${left.toFixed(1)}" y="${top + 1}" width="${wide.toFixed(1)}" height="${rowHeight - 2}"`;
  const rect = `<rect class="bar" ${place}><title>${title}</title></rect>`;
  const letters = Math.floor((wide - 4) / letterWidth);
  if (letters < 4) return rect;
  const text = escapeHtml(mark.label.slice(0, letters));
  return `${rect}<text class="in-bar" x="${(left + 3).toFixed(1)}" y="${top + 12}">${text}</text>`;
}

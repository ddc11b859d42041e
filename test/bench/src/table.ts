import type { Spread } from './statistics.ts';

/** A table as it is measured, kept in JSON and shown. */
export interface Table {
  title: string;
  columns: readonly Column[];
  rows: readonly Row[];
  /** How it was measured and what it does not say. */
  notes: readonly string[];
}

export interface Column {
  key: string;
  title: string;
  /** After the point. */
  digits: number;
}

export interface Row {
  name: string;
  /** By column; what is not there is not known. */
  figures: Readonly<Record<string, Figure>>;
  /** Why nothing was measured. */
  skipped?: string;
}

/** A word where there is nothing to count. */
export type Figure = Spread | number | string | null;

/** For a terminal: columns as wide as their widest entry. */
export function renderText(table: Table): string {
  const lines = cellsOf(table);
  const widths = (lines[0] ?? []).map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  const rows = lines.map((line, index) => {
    const text = line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)));
    const skipped = index === 0 ? undefined : table.rows[index - 1]?.skipped;
    return skipped === undefined ? text.join('  ') : `${text[0]}  skipped: ${skipped}`;
  });
  return [table.title, ...rows].join('\n');
}

export function renderMarkdown(table: Table): string {
  const [head = [], ...body] = cellsOf(table);
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rows = body.map((cells, index) => {
    const skipped = table.rows[index]?.skipped;
    if (skipped === undefined) return line(cells);
    return line([cells[0] ?? '', `skipped: ${skipped}`, ...cells.slice(2).map(() => '')]);
  });
  return [
    `### ${table.title}`,
    '',
    line(head),
    line(head.map((_, at) => (at === 0 ? '---' : '--:'))),
    ...rows,
    '',
    ...table.notes.map((note) => `- ${note}`),
  ].join('\n');
}

function cellsOf({ columns, rows }: Table): string[][] {
  return [
    ['', ...columns.map(({ title }) => title)],
    ...rows.map(({ name, figures }) => [
      name,
      ...columns.map(({ key, digits }) => renderFigure(figures[key], digits)),
    ]),
  ];
}

/** "1.80 (1.74 to 1.95)": the median, and the ends where they differ from it. */
export function renderFigure(figure: Figure | undefined, digits: number): string {
  if (figure === null || figure === undefined) return '-';
  if (typeof figure === 'string') return figure;
  if (typeof figure === 'number') return renderNumber(figure, digits);
  const [median, min, max] = [figure.median, figure.min, figure.max].map((value) =>
    renderNumber(value, digits),
  );
  return min === max ? `${median}` : `${median} (${min} to ${max})`;
}

function renderNumber(value: number, digits: number): string {
  const [whole = '', fraction] = value.toFixed(digits).split('.');
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ' ');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

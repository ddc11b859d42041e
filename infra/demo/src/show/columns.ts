/** Rows of text in columns as wide as their widest entry, indented; the last column is as long as it is. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, text] of row.slice(0, -1).entries()) widths[at] = Math.max(widths[at] ?? 0, width(text));
  }
  const padded = (text: string, at: number): string =>
    text + ' '.repeat(Math.max(0, (widths[at] ?? 0) - width(text)));
  return rows.map((row) => `  ${row.map(padded).join('  ')}`.trimEnd()).join('\n');
}

/** In code points: no sample is written in anything wider. */
function width(text: string): number {
  return Array.from(text).length;
}

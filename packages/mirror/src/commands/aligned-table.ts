/** Rows as lines, with the columns under each other. The first row is the head. */
export function alignedTable(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((one) => one[at]?.length ?? 0)));
  return rows.map((one) =>
    one
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

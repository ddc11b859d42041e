/** One file that the doctor is asked about. Names are invented; the shapes are those of real files. */
export interface Row {
  /** What is special about it. */
  kind: string;
  text: string;
  /** The exit code: 0 clean, 1 ill, 2 unknown. */
  code: 0 | 1 | 2;
  /** The verdicts that must be among the findings. */
  verdicts: string[];
  /** The base name of the service, where the file says it. */
  service?: string;
}

export const clean = 'clean';
export const early = 'killed early';
export const orphaned = 'orphaned';
export const untold = 'never told';
export const unknown = 'unknown';

/**
 * A row: [what is special, lines, code, service, verdict]. The verdict follows from the code unless it is
 * said.
 */
export function row(
  kind: string,
  lines: string | string[],
  code: 0 | 1 | 2,
  service?: string,
  verdict?: string,
): Row {
  const usual = { 0: clean, 1: early, 2: unknown }[code];
  const text = typeof lines === 'string' ? lines : lines.join('\n');
  return { kind, text, code, verdicts: [verdict ?? usual], ...(service !== undefined && { service }) };
}

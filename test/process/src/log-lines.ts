/** One line of a service's log. */
export type LogLine = Record<string, unknown>;

/** The JSON lines of a log. Other words, such as the Runner's own or Node's, are left out. */
export function logLinesOf(output: string): LogLine[] {
  return output.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    try {
      return [JSON.parse(line) as LogLine];
    } catch {
      return []; // the rest of it is not written yet
    }
  });
}

/** The last lines, for a failure message. */
export function tailOf(output: string, lines = 20): string {
  return output.trimEnd().split('\n').slice(-lines).join('\n');
}

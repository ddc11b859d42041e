import type { Judgement } from './judgement.ts';

export interface Outcome {
  promise: string;
  client: string;
  judgement: Judgement;
}

/** Markdown: a row for each promise, a column for each client. */
export function renderOutcomes(outcomes: readonly Outcome[]): string {
  const promises = [...new Set(outcomes.map(({ promise }) => promise))];
  const clients = [...new Set(outcomes.map(({ client }) => client))];
  const cellOf = (promise: string, client: string): string => {
    const found = outcomes.find((outcome) => outcome.promise === promise && outcome.client === client);
    if (!found) return '';
    const { kept, account } = found.judgement;
    return `${kept ? 'kept' : '**broken**'}: ${account}`.replaceAll('|', '\\|');
  };
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(['promise', ...clients]),
    line(['---', ...clients.map(() => '---')]),
    ...promises.map((promise) => line([promise, ...clients.map((client) => cellOf(promise, client))])),
  ].join('\n');
}

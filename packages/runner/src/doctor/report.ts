import type { Diagnosis, Finding } from './judge/diagnose.ts';

/** For a terminal, and as well for a ticket: no colours. */
export function asText(diagnoses: readonly Diagnosis[]): string {
  return diagnoses.map(oneAsText).join('\n\n');
}

export function asJson(diagnoses: readonly Diagnosis[]): string {
  return JSON.stringify({ ill: diagnoses.some(({ ill }) => ill), diagnoses }, undefined, 2);
}

function oneAsText({ subject, supervisor, between, service, findings }: Diagnosis): string {
  const rows: [string, string][] = [
    ['supervisor', supervisor],
    ['between', betweenText(between)],
    ['service', service.join(' ') || 'not told here'],
  ];
  const head = rows.map(([name, text]) => `  ${name.padEnd(14)}${text}`);
  return [subject, ...head, '', ...findings.flatMap(findingLines)].join('\n');
}

function betweenText(between: readonly string[]): string {
  if (between.length === 0) return 'nobody';
  const legend = between.some((name) => name.startsWith('('))
    ? '   (in brackets: replaced by what follows)'
    : '';
  return between.join(', ') + legend;
}

function findingLines({ verdict, condition, text, mend }: Finding): string[] {
  const where = condition === undefined ? '' : `${condition}: `;
  const lines = [`  ${verdict.toUpperCase().padEnd(14)}${where}${text}`];
  if (mend !== undefined) lines.push(`  ${''.padEnd(14)}mend: ${mend}`);
  return lines;
}

import type { Diagnosis, Finding } from './verdict/diagnose.ts';

/** For a terminal, and as well for a ticket: no colours. */
export function asText(diagnoses: readonly Diagnosis[], needsSeconds: number): string {
  const byDefault = diagnoses.filter((each) => each.byDefault);
  // One alarm for all that have nothing but Docker's default against them.
  const summary = byDefault.length > 1 ? [defaultSummary(byDefault, needsSeconds)] : [];
  const brief = new Set(byDefault.length > 1 ? byDefault : []);
  return [...summary, ...diagnoses.map((each) => oneAsText(each, brief.has(each)))].join('\n\n');
}

export function asJson(diagnoses: readonly Diagnosis[]): string {
  const ill = diagnoses.some((each) => each.ill);
  const unknown = !ill && diagnoses.some((each) => each.unknown);
  return JSON.stringify({ ill, unknown, diagnoses }, undefined, 2);
}

function defaultSummary(diagnoses: readonly Diagnosis[], needsSeconds: number): string {
  const names = diagnoses.map(({ subject }) => subject.slice(subject.lastIndexOf(': ') + 2)).join(', ');
  return [
    `no stop_grace_period in ${diagnoses.length} services: ${names}`,
    `  ${'KILLED EARLY'.padEnd(14)}Docker sends KILL 10 s after TERM, and --needs is ${needsSeconds} s`,
    `  ${''.padEnd(14)}mend: stop_grace_period: ${needsSeconds}s in each, or --needs 10 when that is enough`,
  ].join('\n');
}

function oneAsText(diagnosis: Diagnosis, brief: boolean): string {
  const { subject, supervisor, between, service, findings, rests } = diagnosis;
  const rows: [string, string][] = [
    ['supervisor', supervisor],
    ['between', betweenText(between)],
    ['service', service.join(' ').replaceAll(/\s*\n\s*/g, '; ') || 'not told here'],
  ];
  const head = rows.map(([name, text]) => `  ${name.padEnd(14)}${text}`);
  const shown = brief ? findings.filter(({ verdict }) => verdict !== 'killed early') : findings;
  const alarm = brief ? [`  ${'KILLED EARLY'.padEnd(14)}see above`] : [];
  const basis = rests.map(({ basis: how, text }) => `  ${how.padEnd(14)}${text}`);
  return [subject, ...head, '', ...alarm, ...shown.flatMap(findingLines), ...basis].join('\n');
}

function betweenText(between: readonly string[]): string {
  if (between.length === 0) return 'nobody';
  const legend = between.some((name) => name.startsWith('('))
    ? '   (in brackets: replaced by what follows)'
    : '';
  return between.join(', ') + legend;
}

function findingLines({ verdict, condition, text, mend, settle }: Finding): string[] {
  const where = condition === undefined ? '' : `${condition}: `;
  const lines = [`  ${verdict.toUpperCase().padEnd(14)}${where}${text}`];
  if (mend !== undefined) lines.push(`  ${''.padEnd(14)}mend: ${mend}`);
  if (settle !== undefined) lines.push(`  ${''.padEnd(14)}settle: ${settle}`);
  return lines;
}

import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diagnose, type Diagnosis } from '../../src/doctor/verdict/diagnose.ts';
import type { Situation } from '../../src/doctor/verdict/situation.ts';
import { readComposeFile } from '../../src/doctor/supervisor/compose/compose.ts';
import { readInitScript } from '../../src/doctor/supervisor/init-script.ts';
import { readRunScript } from '../../src/doctor/supervisor/run-script.ts';
import { readSupervisordFile } from '../../src/doctor/supervisor/supervisord.ts';
import { readSystemdUnit } from '../../src/doctor/supervisor/systemd/systemd-unit.ts';
import { readUpstartJob } from '../../src/doctor/supervisor/upstart.ts';
import { composeRows } from './corpus/compose.ts';
import { ignoranceCompose, ignoranceSupervisord, ignoranceUnits } from './corpus/ignorance.ts';
import { initRows, runRows, supervisordRows } from './corpus/others.ts';
import type { Row } from './corpus/rows.ts';
import { shellRows } from './corpus/shell.ts';
import { signalRows } from './corpus/signals.ts';
import { systemdRows } from './corpus/systemd.ts';
import { upstartRows } from './corpus/upstart.ts';

type Read = (text: string) => Situation[] | Promise<Situation[]>;

const unit: Read = (text) => [readSystemdUnit('/etc/systemd/system/tide.service', text)];
const suites: [string, Read, readonly Row[]][] = [
  ['systemd', unit, [...systemdRows, ...signalRows]],
  ['shell', unit, shellRows],
  ['units once clean by ignorance', unit, ignoranceUnits],
  ['Upstart', (text) => [readUpstartJob('/etc/init/tide.conf', text)], upstartRows],
  ['compose', (text) => readComposeFile('compose.yaml', text), [...composeRows, ...ignoranceCompose]],
  [
    'supervisord',
    (text) => readSupervisordFile('tide.conf', text),
    [...supervisordRows, ...ignoranceSupervisord],
  ],
  ['run scripts', (text) => [readRunScript('/etc/service/tide/run', text)], runRows],
  ['init scripts', (text) => [readInitScript('/etc/init.d/tide', text)], initRows],
];

function codeOf(diagnoses: readonly Diagnosis[]): number {
  if (diagnoses.some(({ ill }) => ill)) return 1;
  return diagnoses.some(({ unknown }) => unknown) ? 2 : 0;
}

it('holds at least 150 files', () => {
  const rows = suites.flatMap(([, , each]) => each);
  expect(rows.length).toBeGreaterThanOrEqual(150);
  expect(new Set(rows.map(({ text }) => text)).size).toBe(rows.length);
});

describe.each(suites)('%s', (_name, read, rows) => {
  it.each(rows.map((row) => [row.kind, row] as const))('%s', async (_kind, row) => {
    const situations = await read(row.text);
    const diagnoses = situations.map((situation) => diagnose(situation, 30_000));
    const findings = diagnoses.flatMap((each) => each.findings);
    const chains = situations.flatMap((each) => each.chains.map(({ chain }) => chain));
    const services = chains.map(({ service }) => basename(service[0] ?? ''));
    expect({
      code: codeOf(diagnoses),
      verdicts: findings.map(({ verdict }) => verdict),
      services,
      texts: findings.map(({ text }) => text),
    }).toMatchObject({
      code: row.code,
      verdicts: expect.arrayContaining(row.verdicts),
      services: expect.arrayContaining(row.service === undefined ? [] : [row.service]),
    });

    const unknown = findings.filter(({ verdict }) => verdict === 'unknown');
    expect(unknown.filter(({ settle }) => !settle)).toEqual([]);
    expect(findings.filter(({ mend = '' }) => /--user root|-- (fi|done|esac|\$)/.test(mend))).toEqual([]);
    expect(diagnoses.filter(({ rests }) => rests.length === 0)).toEqual([]);
    expect(codeOf(diagnoses) === 0 ? unread(situations) : []).toEqual([]);
  });
});

/** Never clean by ignorance: what stands in the way, is out of sight, and is not known to have left. */
function unread(situations: readonly Situation[]): string[] {
  return situations
    .filter(({ supervisor }) => !supervisor.awaitsDaemon && !supervisor.toldMain)
    .flatMap(({ chains }) => chains.flatMap(({ chain }) => chain.hops))
    .filter(({ onTerm }) => onTerm === 'opaque')
    .map(({ name }) => name);
}

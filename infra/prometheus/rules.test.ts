import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const rulesFile = join(import.meta.dirname, 'penstock.rules.yaml');
const rules = readFileSync(rulesFile, 'utf8').replaceAll(/^\s*#.*$/gm, '');
const promtool = spawnSync('promtool', ['--version']).status === 0;

const alertsFile = join(import.meta.dirname, 'penstock.alerts.yaml');
const casesFile = join(import.meta.dirname, 'penstock.alerts.test.yaml');
const alerts = readFileSync(alertsFile, 'utf8').replaceAll(/^\s*#.*$/gm, '');

test.each([
  ['rule', rules],
  ['alert', alerts],
])('every metric that a %s names is one that its service declares', (_, file) => {
  const named = new Set(file.match(/\bpenstock_[a-z_]+/g));
  expect(named.size).toBeGreaterThan(7);
  const exported = exportedMetrics();
  expect([...named].filter((name) => !exported.has(name))).toEqual([]);
});

test('every rule that another one reads is recorded before it, and none twice', () => {
  const recorded = [...rules.matchAll(/record: (\S+)/g)].map(([, name]) => name!);
  expect(recorded).toEqual([...new Set(recorded)]);
  for (const [read] of rules.replaceAll(/record: \S+/g, '').matchAll(/penstock:\S+?(?=[\s)[{])/g)) {
    expect(recorded).toContain(read);
  }
});

test('the README lists every rule that is recorded for somebody to look at', () => {
  const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
  const told = new Set([...readme.matchAll(/penstock:[a-z_]+/g)].map(([name]) => name));
  const recorded = [...rules.matchAll(/record: (penstock:[a-z_]+)/g)].map(([, name]) => name!);
  expect(new Set(recorded)).toEqual(told);
});

test('the alert on a short window has the default of its knob, and names the knob', () => {
  const knobs = readFileSync(join(checkout, 'packages/service/src/config/topic-knobs.ts'), 'utf8');
  const byDefault = /'PENSTOCK_FILTER_DEDUP_WINDOW_MS'[^}]+?default: ([\d_]+)/.exec(knobs)?.[1];
  const limit = /penstock_input_filter_dedup_window_seconds < (\d+)/.exec(alerts)?.[1];
  expect(Number(limit) * 1_000).toBe(Number(byDefault?.replaceAll('_', '')));
  expect(readFileSync(alertsFile, 'utf8')).toContain('PENSTOCK_FILTER_DEDUP_WINDOW_MS');
});

test('docs/operations.md says of every alert, and of no other, what to do', () => {
  const page = readFileSync(join(checkout, 'docs', 'operations.md'), 'utf8');
  const told = [...page.matchAll(/^\| `(Penstock\w+)`/gm)].map(([, name]) => name!);
  const raised = [...alerts.matchAll(/alert: (\w+)/g)].map(([, name]) => name!);
  expect(raised.length).toBeGreaterThan(7);
  expect(raised).toEqual(told);
});

test('the alert for refused requests names every reason for a 503, but for a Receiver that stops', () => {
  const source = readFileSync(join(checkout, 'packages/receiver/src/api/problems.ts'), 'utf8');
  const codes = [...source.matchAll(/^ {2}'?([a-z-]+)'?: \{ status: 503/gm)].map(([, code]) => code!);
  expect(codes).toContain('stopping');
  const [, named = ''] = /discarded_requests_total\{\s*reason=~"([^"]*)"/.exec(alerts) ?? [];
  expect(named.split('|').sort()).toEqual(codes.filter((code) => code !== 'stopping').sort());
});

test('the alert for a broken promise names every kind of violation', () => {
  const [, list = ''] = /violations\b[^[]*\[([^\]]*)\]/.exec(findingsSource()) ?? [];
  const kinds = [...list.matchAll(/'([a-z-]+)'/g)].map(([, kind]) => kind!);
  expect(kinds).toContain('reordered');
  for (const kind of kinds) expect(alerts).toContain(`increase(penstock_prober_${kind}_total[10m]) > 0`);
});

test.skipIf(!promtool).each([rulesFile, alertsFile])('promtool understands %s', (file) => {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], {
    encoding: 'utf8',
  });
  expect({ status, said: `${stdout}${stderr}` }).toMatchObject({ status: 0 });
});

test.skipIf(!promtool)('every alert fires in its cases, and only there', () => {
  const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', casesFile], {
    encoding: 'utf8',
  });
  expect({ status, said: `${stdout}${stderr}` }).toMatchObject({ status: 0 });
});

test('every alert has a case in which it fires, and one in which it does not', () => {
  const cases = readFileSync(casesFile, 'utf8').replaceAll(/^\s*#.*$/gm, '');
  // Up to the next look at an alert, or the next test.
  const looks = [...cases.matchAll(/alertname: (\w+)((?:(?!alertname:|- name:)[^])*)/g)];
  const about = (fires: boolean) =>
    new Set(looks.filter(([, , rest]) => rest!.includes('exp_alerts') === fires).map(([, name]) => name!));
  const raised = new Set([...alerts.matchAll(/alert: (\w+)/g)].map(([, name]) => name!));
  expect(about(true)).toEqual(raised);
  expect(about(false)).toEqual(raised);
});

/** Full names of what the services declare, read from their sources; of histograms, what Prometheus makes. */
function exportedMetrics(): Set<string> {
  const names = new Set<string>();
  for (const service of ['receiver', 'input-filter', 'mirror', 'prober']) {
    const prefix = `penstock_${service.replaceAll('-', '_')}_`;
    names.add(`${prefix}build_info`);
    for (const path of globSync(`packages/${service}/src/**/*.ts`, { cwd: checkout })) {
      if (path.endsWith('.test.ts')) continue;
      const source = readFileSync(join(checkout, path), 'utf8');
      for (const [, kind, name] of source.matchAll(/\b(counter|gauge|histogram)(?:Of)?\(\s*'([a-z_]+)'/g)) {
        const ends = kind === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
        for (const end of ends) names.add(`${prefix}${name}${end}`);
      }
    }
  }
  for (const kind of findingKinds()) names.add(`penstock_prober_${kind.replaceAll('-', '_')}_total`);
  return names;
}

/** The prober has a counter for each. */
function findingKinds(): string[] {
  const [, list = ''] = /findingKinds = \[([^\]]*)\]/.exec(findingsSource()) ?? [];
  const kinds = [...list.matchAll(/'([a-z-]+)'/g)].map(([, kind]) => kind!);
  if (kinds.length === 0) throw new Error('findings.ts has no list of findingKinds');
  return kinds;
}

function findingsSource(): string {
  return readFileSync(join(checkout, 'packages/prober/src/account/findings.ts'), 'utf8');
}

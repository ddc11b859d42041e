import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const rulesFile = join(import.meta.dirname, 'penstock.rules.yaml');
const rules = readFileSync(rulesFile, 'utf8').replaceAll(/^\s*#.*$/gm, '');
const promtool = spawnSync('promtool', ['--version']).status === 0;

test('every metric that a rule names is one that its service declares', () => {
  const named = new Set(rules.match(/\bpenstock_[a-z_]+/g));
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

test.skipIf(!promtool)('promtool understands the rules', () => {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', rulesFile], {
    encoding: 'utf8',
  });
  expect({ status, said: `${stdout}${stderr}` }).toMatchObject({ status: 0 });
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
  const source = readFileSync(join(checkout, 'packages/prober/src/account/findings.ts'), 'utf8');
  const [, list = ''] = /findingKinds = \[([^\]]*)\]/.exec(source) ?? [];
  const kinds = [...list.matchAll(/'([a-z-]+)'/g)].map(([, kind]) => kind!);
  if (kinds.length === 0) throw new Error('findings.ts has no list of findingKinds');
  return kinds;
}

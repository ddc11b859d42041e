import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const here = fileURLToPath(new URL('.', import.meta.url));
const checkout = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const units = readdirSync(here).filter((name) => name.endsWith('.service'));
const analyze = spawnSync('systemd-analyze', ['--version']).status === 0;
const runner = join(checkout, 'packages', 'runner', 'dist', 'penstock-run.cjs'); // built by set-up

/** As installed, but with this checkout for /opt/penstock and something executable for Kafka. */
const installed = mkdtempSync(join(tmpdir(), 'penstock-units-'));
afterAll(() => rmSync(installed, { recursive: true }));
for (const name of units) {
  const text = readFileSync(join(here, name), 'utf8');
  const there = text
    .replaceAll('/opt/penstock', checkout)
    .replaceAll('/opt/kafka/bin/kafka-server-start.sh', '/bin/true');
  writeFileSync(join(installed, name), there);
}

test('there is a unit for each service, and one for Kafka', () => {
  expect(units).toEqual([
    'penstock-input-filter@.service',
    'penstock-kafka.service',
    'penstock-mirror@.service',
    'penstock-receiver@.service',
  ]);
});

test.skipIf(!analyze).each(units)('systemd-analyze: %s is understood to the last word', (name) => {
  const verify = spawnSync('systemd-analyze', ['verify', '--man=no', join(installed, name)], {
    encoding: 'utf8',
  });
  expect(verify.stderr).toBe(''); // it exits 0 on a typo, and says it here
  expect(verify.status).toBe(0);
});

// 1.3 with systemd 252; in tenths.
test.skipIf(!analyze).each(units)('systemd-analyze: %s is exposed by no more than 1.5 of 10', (name) => {
  const security = ['security', '--offline=true', '--threshold=15', '--no-pager', join(installed, name)];
  const { status, stdout } = spawnSync('systemd-analyze', security, { encoding: 'utf8' });
  expect(stdout.split('\n').findLast((line) => line.includes('exposure'))).toContain('OK');
  expect(status).toBe(0);
});

test.each(units)('%s would stop its service in peace, as the doctor has it', (name) => {
  const asked = [
    runner,
    'doctor',
    '--unit',
    join(installed, name),
    '--needs',
    name.includes('kafka') ? '300' : '60',
    '--json',
  ];
  const { status, stdout } = spawnSync(process.execPath, asked, { encoding: 'utf8', env: {} });
  expect(JSON.parse(stdout)).toMatchObject({ diagnoses: [{ findings: [{ verdict: 'clean' }] }] });
  expect(status).toBe(0);
});

const isRoot = process.getuid?.() === 0 && spawnSync('/bin/true', { uid: 65534, gid: 65534 }).status === 0;
const checked = units.filter((name) => !name.includes('kafka'));

test.skipIf(!isRoot).each(checked)('as root: what %s asks before its start is answered with yes', (name) => {
  const text = readFileSync(join(installed, name), 'utf8').replaceAll('\\\n', ' ');
  const [program = '', ...args] = /^ExecStartPre=(.*)$/m.exec(text)?.[1]?.trim().split(/\s+/) ?? [];
  const asNobody = args.map((word) => (word === 'penstock' ? '65534:65534' : word));
  const { status, stdout } = spawnSync(program, asNobody, { encoding: 'utf8', cwd: checkout, env: {} });
  expect(stdout).toContain('would start');
  expect(status).toBe(0);
});

test.each(units)('%s never denies what V8 and the JVM live on', (name) => {
  expect(readFileSync(join(here, name), 'utf8')).not.toMatch(/^MemoryDenyWriteExecute/m);
});

test('the compose file would stop every service in peace; only what stands in images is unknown', () => {
  const compose = join(checkout, 'infra', 'compose', 'compose.yaml');
  const asked = [runner, 'doctor', '--compose', compose, '--json'];
  const { status, stdout } = spawnSync(process.execPath, asked, { encoding: 'utf8', env: {} });
  const { ill, diagnoses } = JSON.parse(stdout) as {
    ill: boolean;
    diagnoses: { subject: string; findings: { verdict: string; text: string }[] }[];
  };
  const unknown = diagnoses.flatMap(({ findings }) =>
    findings.filter(({ verdict }) => verdict === 'unknown'),
  );
  expect({ ill, status }).toEqual({ ill: false, status: 2 });
  for (const { text } of unknown) expect(text).toContain('what it does stands there, not here');
});

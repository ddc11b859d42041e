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
  const { status, stdout } = execute(name, 'ExecStartPre', {});
  expect(stdout).toContain('would start');
  expect(status).toBe(0);
});

// Two processes of one name would fence each other. The service itself says which names it cannot take.
test.skipIf(!isRoot).each(checked)(
  'as root: %s gives each instance a name, which its service takes',
  (name) => {
    const refused = (instance: string) => {
      const { status, stdout } = execute(
        name,
        'ExecStart',
        environmentOf(name, 'host-a.example.com', instance),
      );
      expect({ status, stdout }).toMatchObject({
        status: 2,
        stdout: expect.stringContaining('configuration refused') as string,
      });
      return stdout;
    };
    expect(environmentOf(name, 'a', '1')).not.toEqual(environmentOf(name, 'a', '2'));
    expect(environmentOf(name, 'a', '1')).not.toEqual(environmentOf(name, 'b', '1'));
    expect(refused('1')).not.toContain('_INSTANCE');
    expect(refused('no name')).toContain('_INSTANCE');
  },
);

test.each(units)('%s is never given up, and does not try again what only a person can mend', (name) => {
  const isKafka = name.includes('kafka');
  expect(settingsOf(name, 'StartLimitIntervalSec')).toEqual(['0']);
  expect(settingsOf(name, 'Restart')).toEqual([isKafka ? 'on-failure' : 'always']);
  const final = ['125', '126', '127']; // of the Runner; 2 of our services
  expect(settingsOf(name, 'RestartPreventExitStatus')).toEqual([
    (isKafka ? final : ['2', ...final]).join(' '),
  ]);
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

/** Every value that a unit gives a setting, in their order. */
function settingsOf(name: string, setting: string): string[] {
  const text = readFileSync(join(installed, name), 'utf8').replaceAll('\\\n', ' ');
  return [...text.matchAll(new RegExp(`^${setting}=(.*)$`, 'gm'))].map(([, value = '']) => value.trim());
}

/** What a unit itself puts into the environment of an instance, without its files. */
function environmentOf(name: string, host: string, instance: string): Record<string, string> {
  return Object.fromEntries(
    settingsOf(name, 'Environment').map((line) => {
      const equals = line.indexOf('=');
      const value = line
        .slice(equals + 1)
        .replaceAll('%H', host)
        .replaceAll('%i', instance);
      return [line.slice(0, equals), value];
    }),
  );
}

/** Runs a line of a unit to its end, as nobody instead of its own user. */
function execute(name: string, setting: string, env: Record<string, string>) {
  const [program = '', ...args] = settingsOf(name, setting)[0]?.split(/\s+/) ?? [];
  const asNobody = args.map((word) => (word === 'penstock' ? '65534:65534' : word));
  return spawnSync(program, asNobody, { encoding: 'utf8', cwd: checkout, env });
}

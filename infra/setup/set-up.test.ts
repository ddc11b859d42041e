import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const here = join(import.meta.dirname, '../..');
let checkout: string;

// A checkout that is set up, but for Kafka, with only the programs that a test puts on the PATH.
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'penstock-set-up-'));
  cpSync(join(here, 'infra/setup'), join(checkout, 'infra/setup'), { recursive: true });
  for (const file of [
    'infra/setup.mjs',
    'infra/kafka/pom.xml',
    'infra/kafka/mirror-maker/pom.xml',
    'infra/node/package.json',
    'package-lock.json',
  ]) {
    mkdirSync(dirname(join(checkout, file)), { recursive: true });
    copyFileSync(join(here, file), join(checkout, file));
  }
  mkdirSync(join(checkout, 'node_modules/.bin'), { recursive: true });
  mkdirSync(join(checkout, 'bin'));
  symlinkSync(process.execPath, join(checkout, 'node_modules/.bin/node'));
  program('npm', 'exit 0');
  setUp('check', { npm_execpath: undefined }); // writes the stamp of this lock
  program('npm', 'echo npm was called; exit 1');
});

afterEach(() => rmSync(checkout, { recursive: true, force: true }));

function program(name: string, script: string): void {
  writeFileSync(join(checkout, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

function java(version: number): void {
  program('java', `echo 'openjdk version "${version}.0.1"' >&2`);
}

function environment(extra: Record<string, string | undefined>): NodeJS.ProcessEnv {
  const base = { ...process.env, PATH: join(checkout, 'bin'), npm_execpath: undefined, JAVA_HOME: undefined };
  return { ...base, DOCKER_HOST: undefined, ...extra };
}

function setUp(
  purpose: string,
  env: Record<string, string | undefined> = {},
): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['infra/setup.mjs', `--for=${purpose}`], {
    cwd: checkout,
    env: environment(env),
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
}

function newLock(): void {
  writeFileSync(join(checkout, 'package-lock.json'), '{}');
}

test('what is set up is not set up again', () => {
  expect(setUp('check')).toEqual({ status: 0, out: '', err: '' });
  java(17);
  program('mvn', `for a; do case $a in -DoutputDirectory=*) /bin/mkdir -p "\${a#*=}" ;; esac; done`);
  expect(setUp('demo').err).toContain('fetching Kafka 4.2.1 with Maven: done');
  program('mvn', 'exit 1');
  expect(setUp('demo')).toEqual({ status: 0, out: '', err: '' });
});

test('a changed lock is installed; no network is said, and counts as a failed test', () => {
  newLock();
  program('npm', 'case $1 in config) exit 1 ;; esac; echo "npm error code ENOTFOUND" >&2; exit 1');
  const { status, out, err } = setUp('test');
  expect(status).toBe(1);
  expect(err).toContain('no network');
  expect(out.trim().split('\n').at(-1)).toBe('0 passed, 1 failed, 0 skipped');
});

test('an unreachable registry is found out first, and npm is told to use what it has', () => {
  newLock();
  program('npm', 'case $1 in config) echo "registry = http://127.0.0.1:1/" ;; *) echo "$@"; exit 1 ;; esac');
  expect(setUp('check', { HTTPS_PROXY: undefined, https_proxy: undefined }).err).toContain(
    'no network: 127.0.0.1 does not answer (ECONNREFUSED)',
  );
});

test('any other failure of npm is shown as npm told it', () => {
  newLock();
  program(
    'npm',
    'case $1 in config) exit 1 ;; esac; echo "npm error lock and package.json differ" >&2; exit 1',
  );
  expect(setUp('check').err).toMatch(/npm ci failed:\n +npm error lock and package.json differ/);
});

test('a missing libatomic1 is named, and the broken Node does not get in the way of the next run', () => {
  rmSync(join(checkout, 'node_modules/.bin/node'));
  const broken =
    'echo "node: error while loading shared libraries: libatomic.so.1: cannot open" >&2; exit 127';
  writeFileSync(join(checkout, 'node_modules/.bin/node'), `#!/bin/sh\n${broken}\n`, { mode: 0o755 });
  expect(setUp('check')).toMatchObject({
    status: 1,
    err: expect.stringContaining('apt-get install libatomic1') as string,
  });
  expect(existsSync(join(checkout, 'node_modules/.bin/node'))).toBe(false);
});

test('without Java, containers take the place, when there is an engine', () => {
  expect(setUp('demo', { DOCKER_HOST: 'tcp://127.0.0.1:1' })).toMatchObject({
    status: 0,
    err: 'set-up: no Java was found: Kafka will run in containers\n',
  });
});

test('a Java that is too old is as good as none', () => {
  java(11);
  expect(setUp('demo', { DOCKER_HOST: 'tcp://127.0.0.1:1' }).err).toContain('Java 11 is too old');
});

test.skipIf(existsSync('/var/run/docker.sock'))(
  'without Java or an engine the demo cannot run, but tests can (needs no engine)',
  () => {
    expect(setUp('demo')).toMatchObject({
      status: 1,
      err: expect.stringContaining('no Java was found, and no container engine') as string,
    });
    expect(setUp('test')).toMatchObject({
      status: 0,
      err: expect.stringContaining('going on without Kafka') as string,
    });
  },
);

test('a host of the services, and the tools of its operator, need neither Java nor an engine', () => {
  expect(setUp('services')).toEqual({ status: 0, out: '', err: '' });
  expect(existsSync(join(checkout, '.cache/kafka'))).toBe(false);
  const { scripts } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  for (const tool of ['topics', 'load']) expect(scripts[tool]).toContain('--for=services ');
});

test('a purpose that nobody knows is refused, and is not taken for the demo', () => {
  expect(setUp('sevices')).toMatchObject({
    status: 1,
    err: expect.stringContaining('there is no --for=sevices') as string,
  });
});

test('a missing Maven is named', () => {
  java(17);
  expect(setUp('demo')).toMatchObject({
    status: 1,
    err: expect.stringContaining('Maven (mvn) was not found') as string,
  });
});

test('no network for Maven is said as that', () => {
  java(17);
  program(
    'mvn',
    'echo "[ERROR] Could not transfer: repo.maven.apache.org: Name or service not known"; exit 1',
  );
  expect(setUp('demo').err).toContain('no network: Maven cannot reach its repository');
});

test('a peer of the benchmark that cannot be had is told, and stops nothing', () => {
  java(17);
  program('mvn', `for a; do case $a in -DoutputDirectory=*) /bin/mkdir -p "\${a#*=}" ;; esac; done`);
  const first = setUp('bench');
  expect(first.status).toBe(0);
  expect(first.err).toContain('no kcat (no apt here)');
  for (const peer of ['kcat', 'wrk', 'gosu', 'chpst', 's6-applyuidgid', 'setuidgid', 'tini', 'dumb-init']) {
    program(peer, 'exit 0');
  }
  expect(setUp('bench')).toEqual({ status: 0, out: '', err: '' });
});

test.runIf(process.platform === 'linux')(
  'TERM to npm reaches only the shell in between; the set-up ends itself and what it started',
  async () => {
    newLock();
    program('npm', 'case $1 in config) exit 1 ;; esac; echo $$ > "$PWD/npm.pid"; exec /bin/sleep 60');
    const shell = spawn('/bin/sh', ['-c', `"${process.execPath}" infra/setup.mjs --for=check && exit 0`], {
      cwd: checkout,
      env: environment({}),
      stdio: 'ignore',
    });
    await expect.poll(() => existsSync(join(checkout, 'npm.pid')), { timeout: 60_000 }).toBe(true);
    shell.kill('SIGTERM');
    await once(shell, 'exit');
    const pid = Number(readFileSync(join(checkout, 'npm.pid'), 'utf8'));
    await expect.poll(() => stateOf(pid), { timeout: 60_000 }).toMatch(/gone|Z/);
  },
);

function stateOf(process: number): string {
  try {
    return readFileSync(`/proc/${process}/stat`, 'latin1').split(') ')[1]?.[0] ?? 'gone';
  } catch {
    return 'gone';
  }
}

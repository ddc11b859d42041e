import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { asUser, isRoot, node24, nobody, runRunner, temporaryFolder } from './start-runner.ts';

it.runIf(node24)('Node 24 becomes the service as well (needs .cache/node24)', () => {
  const start = { node: node24 ?? '' };
  expect(runRunner([...asUser, '--', 'grep', '-E', 'SigIgn|NoNewPrivs', '/proc/self/status'], start)).toEqual(
    {
      code: 0,
      out: 'SigIgn:\t0000000000000000\nNoNewPrivs:\t1\n',
      err: '',
    },
  );
});

it.runIf(node24)('Node 24 refuses before execve would abort (needs .cache/node24)', () => {
  for (const options of [[], ['--no-new-privs=off']]) {
    const code = (command: string) =>
      runRunner([...asUser, ...options, '--', command], { node: node24 ?? '' }).code;
    expect([code('/no/such'), code('/etc/passwd'), code('/etc')]).toEqual([127, 126, 126]);
  }
});

it.runIf(node24 && isRoot)('Node 24 keeps capabilities over the drop (needs .cache/node24 and root)', () => {
  const line = [
    '--user',
    nobody,
    '--ambient-caps',
    'net_bind_service',
    '--',
    'grep',
    'CapAmb',
    '/proc/self/status',
  ];
  expect(runRunner(line, { node: node24 ?? '' })).toEqual({
    code: 0,
    out: 'CapAmb:\t0000000000000400\n',
    err: '',
  });
});

it.runIf(node24)('Node 24 leaves no pid file where execve would have failed (needs .cache/node24)', () => {
  const file = join(temporaryFolder(), 'service.pid');
  const start = (command: string) =>
    runRunner([...asUser, '--pid-file', file, '--', command], { node: node24 ?? '' }).code;
  expect(start('/etc/passwd')).toBe(126);
  expect(existsSync(file)).toBe(false);
  expect(start('true')).toBe(0);
  expect(readFileSync(file, 'utf8')).toMatch(/^\d+\n\d+\n$/);
});

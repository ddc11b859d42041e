import { expect, it } from 'vitest';
import { asUser, node24, runRunner } from './start-runner.ts';

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

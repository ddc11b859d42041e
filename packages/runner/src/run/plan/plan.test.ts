import { describe, expect, it } from 'vitest';
import type { Accounts } from './accounts.ts';
import type { Caller } from './caller.ts';
import { parseCommandLine } from '../request/command-line.ts';
import { makePlan } from './plan.ts';

const kafka = { name: 'kafka', uid: 104, gid: 105, home: '/var/lib/kafka', shell: '/bin/false' };
const alpha = { name: 'alpha', uid: 700, gid: 700, home: '/home/alpha', shell: '/bin/sh' };
const beta = { name: 'beta', uid: 700, gid: 700, home: '/home/beta', shell: '/bin/bash' };
const all = [kafka, alpha, beta];
const toor = { name: 'toor', uid: 0, gid: 0, home: '/root', shell: '/bin/sh' };
const accounts: Accounts = {
  byName: (name) => [...all, toor].find((account) => account.name === name),
  byUid: (uid) => [...all, toor].find((account) => account.uid === uid),
  groupByName: (name) => ({ ingest: 200, wheel: 0 })[name],
  membership: ({ name }) => ({ kafka: [105, 200, 201], alpha: [700, 701], beta: [700, 702] })[name],
};
const none = { inheritable: 0n, permitted: 0n, effective: 0n, bounding: 0n, ambient: 0n };

function callerOf(uid: number, gid: number, groups: number[], more: Partial<Caller> = {}): Caller {
  const ids = (id: number) => [id, id, id, id];
  const status = {
    uids: ids(uid),
    gids: ids(gid),
    groups,
    capabilities: none,
    noNewPrivs: false,
    blockedSignals: 0n,
    ignoredSignals: 0n,
  };
  return { pid: 7, status, terminal: false, environment: {}, ...more };
}
const root = callerOf(0, 0, [0]);

function planOf(line: string, caller = root, tools = ['setpriv', 'prlimit']) {
  const parsed = parseCommandLine([...line.split(' ').filter(Boolean), '--', 'service']);
  if (parsed.kind !== 'run') throw new Error(JSON.stringify(parsed));
  const findTool = (name: string) => (tools.includes(name) ? `/usr/bin/${name}` : undefined);
  return makePlan(parsed.request, { caller, accounts, findTool, fileVariables: [] });
}

describe('who the service will be', () => {
  it.each([
    ['--user kafka', { uid: 104, gid: 105, groups: [], name: 'kafka', home: '/var/lib/kafka', drop: true }],
    ['--user kafka:ingest', { uid: 104, gid: 200, groups: [], drop: true }],
    ['--user kafka --groups ingest,300', { uid: 104, gid: 105, groups: [200, 300], drop: true }],
    ['--user kafka --init-groups', { uid: 104, gid: 105, groups: [200, 201], drop: true }],
    [
      '--user 999:999',
      { uid: 999, gid: 999, groups: [], name: '999', home: '/', shell: '/bin/sh', drop: true },
    ],
    ['--user 104:1', { uid: 104, gid: 1, name: 'kafka', home: '/var/lib/kafka', drop: true }],
    ['--user toor --allow-root', { uid: 0, gid: 0, groups: [], drop: true }],
    ['--allow-root', { uid: 0, gid: 0, groups: [0], drop: false }],
  ])('%s, started by root', (line, target) => {
    expect(planOf(line).problems).toEqual([]);
    expect(planOf(line).plan?.target).toMatchObject(target);
  });

  it.each([
    ['', { uid: 104, gid: 105, groups: [1, 2], drop: false }],
    ['--user kafka', { uid: 104, gid: 105, groups: [1, 2], drop: false }],
    ['--user kafka --groups 2,1', { uid: 104, gid: 105, groups: [2, 1], drop: false }],
  ])('%s, started by kafka: as it is', (line, target) => {
    expect(planOf(line, callerOf(104, 105, [1, 2])).plan?.target).toMatchObject(target);
  });
});

describe('two accounts with one uid: the given name decides, not the first that the number finds', () => {
  const shared = { uid: 700, gid: 700, drop: true };
  it.each([
    ['--user beta', { ...shared, name: 'beta', home: '/home/beta', shell: '/bin/bash', groups: [] }],
    ['--user beta --init-groups', { ...shared, name: 'beta', home: '/home/beta', groups: [702] }],
    ['--user beta:105 --init-groups', { name: 'beta', uid: 700, gid: 105, groups: [700, 702] }],
    ['--user alpha --init-groups', { ...shared, name: 'alpha', groups: [701] }],
    ['--user 700:700 --init-groups', { ...shared, name: 'alpha', home: '/home/alpha', groups: [701] }],
  ])('%s', (line, target) => {
    expect(planOf(line).plan?.target).toMatchObject(target);
  });

  it('beta, started as uid 700 already', () => {
    expect(planOf('--user beta', callerOf(700, 700, [])).plan?.target).toMatchObject({
      name: 'beta',
      home: '/home/beta',
      drop: false,
    });
  });
});

describe('no root by accident', () => {
  it.each([
    ['', 'would run as root'],
    ['--user toor', 'would run as root'],
    ['--user 0:105', 'would run as root'],
    ['--user kafka:0', 'group 0'],
    ['--user kafka:wheel', 'group 0'],
    ['--user kafka --groups ingest,wheel', 'group 0'],
    ['--user ghost', 'there is no user ghost'],
    ['--user kafka:ghosts', 'there is no group ghosts'],
    ['--user 999:999 --init-groups', 'not known'],
  ])('%s is refused', (line, problem) => {
    const { plan, problems } = planOf(line);
    expect(plan).toBeUndefined();
    expect(problems.join()).toContain(problem);
  });

  it.each(['--user toor --allow-root', '--user 104:1', '--user kafka --groups 1'])(
    '%s cannot be had without root',
    (line) => {
      expect(planOf(line, callerOf(104, 105, [])).problems.join()).toContain('not root');
    },
  );

  it('refuses to be a setuid program', () => {
    const caller = callerOf(104, 105, []);
    const status = { ...caller.status, uids: [104, 0, 0, 0] };
    expect(planOf('', { ...caller, status }).problems.join()).toContain('setuid');
  });
});

it.each(['NODE_OPTIONS', 'NODE_PATH', 'NODE_COMPILE_CACHE'])('refuses %s as root only', (name) => {
  const environment = { [name]: '/x' };
  expect(planOf('--user kafka', { ...root, environment }).problems.join()).toContain(`env -u ${name}`);
  expect(planOf('--user kafka', { ...root, environment: { [name]: '' } }).problems).toEqual([]);
  expect(planOf('', callerOf(104, 105, [], { environment })).problems).toEqual([]);
});

it('refuses to hand a terminal to another user without --tty', () => {
  expect(planOf('--user kafka', { ...root, terminal: true }).problems.join()).toContain('--tty');
  expect(planOf('--user kafka --tty', { ...root, terminal: true }).problems).toEqual([]);
  expect(planOf('--allow-root', { ...root, terminal: true }).problems).toEqual([]);
});

describe('no_new_privs', () => {
  it('is set by setpriv, and refused without it', () => {
    expect(planOf('--user kafka').plan?.noNewPrivs).toEqual({ setpriv: '/usr/bin/setpriv' });
    expect(planOf('--user kafka', root, []).problems.join()).toContain('setpriv');
    expect(planOf('--user kafka --no-new-privs=off', root, []).plan?.noNewPrivs).toBe('off');
  });

  it('needs nothing where it is set already, as in Kubernetes', () => {
    const caller = callerOf(104, 105, []);
    const status = { ...caller.status, noNewPrivs: true };
    expect(planOf('', { ...caller, status }, []).plan?.noNewPrivs).toBe('already set');
  });
});

it('needs prlimit only for limits', () => {
  expect(planOf('--user kafka --limit core=0', root, ['setpriv']).problems.join()).toContain('prlimit');
  expect(planOf('--user kafka', root, ['setpriv']).plan?.prlimit).toBeUndefined();
});

it('warns of process 1 and of sockets that get lost', () => {
  const caller = { ...root, pid: 1, environment: { LISTEN_FDS: '1' } };
  expect(planOf('--user kafka', caller).warnings).toHaveLength(2);
});

it('warns of real-time signals that the caller ignores, since Node cannot reset them', () => {
  const caller = { ...root, status: { ...root.status, ignoredSignals: (1n << 36n) | 0x1001000n } };
  expect(planOf('--user kafka', caller).warnings).toEqual([expect.stringContaining('signals 37, and')]);
  expect(planOf('--user kafka').warnings).toEqual([]);
});

import { expect, it } from 'vitest';
import { makeEnvironment, type EnvironmentSources } from './environment.ts';

const user = { name: 'kafka', home: '/var/lib/kafka', shell: '/bin/false' };
const fixedPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const ofTheUser = { HOME: '/var/lib/kafka', USER: 'kafka', LOGNAME: 'kafka', SHELL: '/bin/false' };

function make(from: Partial<EnvironmentSources>) {
  return makeEnvironment({ inherited: {}, keep: [], keepsDescriptors: false, user, added: [], ...from });
}

it('keeps only what is known to be meant for the service', () => {
  const inherited = {
    PATH: '/root/bin',
    HOME: '/root',
    LC_TIME: 'C',
    TZ: 'UTC',
    NOTIFY_SOCKET: '@n',
    AWS_SECRET: 's',
    NODE_OPTIONS: '-r x',
  };
  expect(make({ inherited })).toEqual({
    environment: { PATH: fixedPath, ...ofTheUser, LC_TIME: 'C', TZ: 'UTC', NOTIFY_SOCKET: '@n' },
    dropped: ['AWS_SECRET', 'NODE_OPTIONS'],
  });
});

it('keeps more by pattern, which is no regular expression', () => {
  const inherited = { PENSTOCK_A: '1', PENSTOCK: '2', XPENSTOCK_A: '3', 'a.b': '4', aXb: '5' };
  expect(make({ inherited, keep: ['PENSTOCK_*', 'a.b'] }).environment).toEqual({
    PATH: fixedPath,
    ...ofTheUser,
    PENSTOCK_A: '1',
    'a.b': '4',
  });
});

it("never keeps root's HOME, USER, LOGNAME or SHELL, and no shell function", () => {
  const inherited = {
    HOME: '/root',
    USER: 'root',
    LOGNAME: 'root',
    SHELL: '/bin/sh',
    'BASH_FUNC_x%%': '() { :; }',
  };
  expect(make({ inherited, keep: ['*'] })).toEqual({
    environment: { PATH: fixedPath, ...ofTheUser },
    dropped: ['BASH_FUNC_x%%'],
  });
});

it('keeps the PATH of the caller when asked', () => {
  expect(make({ inherited: { PATH: '/opt/bin' }, keep: ['PATH'] }).environment['PATH']).toBe('/opt/bin');
});

it('lets what is said last win', () => {
  const added = [
    ['A', 'file'],
    ['HOME', '/data'],
    ['A', 'option'],
  ] as const;
  expect(make({ inherited: { A: 'caller' }, keep: ['A'], added }).environment).toMatchObject({
    A: 'option',
    HOME: '/data',
  });
});

it('does not hand on sockets that will be closed', () => {
  expect(make({ inherited: { LISTEN_FDS: '1', LISTEN_PID: '7' } }).dropped).toEqual([
    'LISTEN_FDS',
    'LISTEN_PID',
  ]);
});

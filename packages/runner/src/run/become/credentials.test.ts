import { expect, it } from 'vitest';
import { credentialProblems } from './credentials.ts';
import type { ProcessStatus } from '../../process-status.ts';

const target = { uid: 7, gid: 8, groups: [9], name: '7', home: '/', shell: '/bin/sh', drop: true };
const none = { inheritable: 0n, permitted: 0n, effective: 0n, bounding: 0n, ambient: 0n };
const good: ProcessStatus = {
  uids: [7, 7, 7, 7],
  gids: [8, 8, 8, 8],
  groups: [9],
  capabilities: none,
  noNewPrivs: false,
  blockedSignals: 0n,
  ignoredSignals: 0n,
};

it('finds nothing where everything is as planned', () => {
  expect(credentialProblems(good, target, true)).toEqual([]);
});

it.each([
  ['a saved user id', { uids: [7, 7, 0, 7] }],
  ['a group id', { gids: [8, 0, 8, 8] }],
  ['a group too many', { groups: [9, 0] }],
  ['a group missing', { groups: [] }],
  ['a permitted capability', { capabilities: { ...none, permitted: 1n } }],
  ['an ambient capability', { capabilities: { ...none, ambient: 1n } }],
])('finds %s that is left', (_name, left) => {
  expect(credentialProblems({ ...good, ...left }, target, true)).toHaveLength(1);
});

it('leaves inheritable capabilities to setpriv, and refuses them without it', () => {
  const status = { ...good, capabilities: { ...none, inheritable: 1n } };
  expect(credentialProblems(status, target, true)).toEqual([]);
  expect(credentialProblems(status, target, false)).toHaveLength(1);
});

import type { Id, UserSpec } from '../../id.ts';
import type { ProcessStatus } from '../../process-status.ts';
import type { Request } from '../request/command-line.ts';
import type { Account, Accounts } from './accounts.ts';

/** Who the service will be: numbers for the kernel, and the account's names for the environment. */
export interface Target {
  uid: number;
  gid: number;
  groups: readonly number[];
  name: string;
  home: string;
  shell: string;
  /** False when nothing changes: already that user (systemd's User=, Kubernetes' runAsUser), or no --user. */
  drop: boolean;
}

/** Looks the names up. Problems are added to the list; undefined when there are any. */
export function resolveTarget(
  request: Request,
  status: ProcessStatus,
  accounts: Accounts,
  problems: string[],
): Target | undefined {
  const [uid = 0, gid = 0] = [status.uids[0], status.gids[0]];
  const before = problems.length;
  const wanted = request.user
    ? resolveUser(request.user, accounts, problems)
    : { uid, gid, account: accounts.byUid(uid) };
  const asked = wanted && resolveGroups(request, wanted, accounts, problems);
  if (!wanted || problems.length > before) return undefined;

  const same = wanted.uid === uid && wanted.gid === gid && (!asked || sameSet(asked, status.groups));
  if (uid !== 0 && !same) {
    problems.push(
      `this process is ${uid}:${gid}, not root: ` +
        `it cannot become ${wanted.uid}:${wanted.gid} or change groups. ` +
        'Start it as root, or leave out --user and --groups',
    );
    return undefined;
  }
  const drop = uid === 0 && (request.user !== undefined || request.groups !== undefined);
  return {
    uid: wanted.uid,
    gid: wanted.gid,
    groups: asked ?? (drop ? [] : status.groups),
    name: wanted.account?.name ?? String(wanted.uid),
    home: wanted.account?.home ?? '/',
    shell: wanted.account?.shell ?? '/bin/sh',
    drop,
  };
}

interface User {
  uid: number;
  gid: number;
  account: Account | undefined;
}

/**
 * The account is looked up once, and by what the caller said. Two accounts may share a uid: then the name
 * says whose home and groups are meant, and only a caller who gave a number gets the account that the
 * number finds first.
 */
function resolveUser(spec: UserSpec, accounts: Accounts, problems: string[]): User | undefined {
  const { user } = spec;
  const account = user.kind === 'name' ? accounts.byName(user.name) : accounts.byUid(user.number);
  const uid = user.kind === 'name' ? account?.uid : user.number;
  if (uid === undefined) problems.push(`there is no user ${nameOf(user)}`);
  const gid = spec.group ? resolveGroup(spec.group, accounts, problems) : account?.gid;
  return uid === undefined || gid === undefined ? undefined : { uid, gid, account };
}

function resolveGroup(group: Id, accounts: Accounts, problems: string[]): number | undefined {
  const gid = group.kind === 'number' ? group.number : accounts.groupByName(group.name);
  if (gid === undefined) problems.push(`there is no group ${nameOf(group)}`);
  return gid;
}

/** Undefined when the request says nothing about groups. */
function resolveGroups(
  request: Request,
  { uid, gid, account }: User,
  accounts: Accounts,
  problems: string[],
): readonly number[] | undefined {
  if (request.groups === undefined) return undefined;
  if (request.groups !== 'of the account') {
    return request.groups.flatMap((group) => resolveGroup(group, accounts, problems) ?? []);
  }
  const membership = account && accounts.membership(account);
  if (!membership)
    problems.push(`--init-groups: the groups of user ${account?.name ?? uid} are not known; say --groups`);
  return membership?.filter((group) => group !== gid) ?? [];
}

function nameOf(id: Id): string {
  return id.kind === 'name' ? id.name : String(id.number);
}

export function sameSet(left: readonly number[], right: readonly number[]): boolean {
  const [one, other] = [new Set(left), new Set(right)];
  return one.size === other.size && [...one].every((item) => other.has(item));
}

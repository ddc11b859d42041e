import type { Accounts } from './accounts.ts';
import type { Request } from './command-line.ts';
import type { Id, UserSpec } from '../id.ts';
import type { ProcessStatus } from '../process-status.ts';

/** Who the service will be: numbers only. */
export interface Target {
  uid: number;
  gid: number;
  groups: readonly number[];
  name: string;
  home: string;
  shell: string;
  /** False when root starts nothing new: already that user (systemd's User=, Kubernetes' runAsUser), or no --user. */
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
  const wanted = request.user ? resolveUser(request.user, accounts, problems) : { uid, gid };
  const asked = wanted && resolveGroups(request, wanted.uid, accounts, problems);
  if (!wanted || problems.length > before) return undefined;

  const same = wanted.uid === uid && wanted.gid === gid && (!asked || sameSet(asked, status.groups));
  if (uid !== 0 && !same) {
    problems.push(
      `this process is ${uid}:${gid}, not root: it cannot become ${wanted.uid}:${wanted.gid} or change groups`,
    );
    return undefined;
  }
  const drop = uid === 0 && (request.user !== undefined || request.groups !== undefined);
  const account = accounts.byUid(wanted.uid);
  return {
    ...wanted,
    groups: asked ?? (drop ? [] : status.groups),
    name: account?.name ?? String(wanted.uid),
    home: account?.home ?? '/',
    shell: account?.shell ?? '/bin/sh',
    drop,
  };
}

function resolveUser(
  spec: UserSpec,
  accounts: Accounts,
  problems: string[],
): { uid: number; gid: number } | undefined {
  const account = spec.user.kind === 'name' ? accounts.byName(spec.user.name) : undefined;
  const uid = spec.user.kind === 'name' ? account?.uid : spec.user.number;
  if (uid === undefined) problems.push(`there is no user ${nameOf(spec.user)}`);
  const gid = spec.group ? resolveGroup(spec.group, accounts, problems) : account?.gid;
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

function resolveGroup(group: Id, accounts: Accounts, problems: string[]): number | undefined {
  const gid = group.kind === 'number' ? group.number : accounts.groupByName(group.name);
  if (gid === undefined) problems.push(`there is no group ${nameOf(group)}`);
  return gid;
}

/** Undefined when the request says nothing about groups. */
function resolveGroups(
  request: Request,
  uid: number,
  accounts: Accounts,
  problems: string[],
): readonly number[] | undefined {
  if (request.groups === undefined) return undefined;
  if (request.groups !== 'of the account') {
    return request.groups.flatMap((group) => resolveGroup(group, accounts, problems) ?? []);
  }
  const account = accounts.byUid(uid);
  const membership = account && accounts.membership(account);
  if (!membership) problems.push(`--init-groups: the groups of user ${uid} are not known; say --groups`);
  return membership ?? [];
}

function nameOf(id: Id): string {
  return id.kind === 'name' ? id.name : String(id.number);
}

export function sameSet(left: readonly number[], right: readonly number[]): boolean {
  const [one, other] = [new Set(left), new Set(right)];
  return one.size === other.size && [...one].every((item) => other.has(item));
}

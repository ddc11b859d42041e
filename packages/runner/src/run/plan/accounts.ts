import { readFileSync } from 'node:fs';
import { parseDecimal } from '../../id.ts';
import { askTool } from '../../trusted-tool.ts';

export interface Account {
  name: string;
  uid: number;
  gid: number;
  home: string;
  shell: string;
}

/** What this machine knows of users and groups. */
export interface Accounts {
  byName(name: string): Account | undefined;
  byUid(uid: number): Account | undefined;
  groupByName(name: string): number | undefined;
  /** The groups that the account of this name is a member of, its primary one included. */
  membership(account: Account): number[] | undefined;
}

/**
 * The local files first, then getent, which asks LDAP, SSSD and the like. Node resolves names only while it
 * changes credentials, and the plan needs the numbers before.
 */
export const systemAccounts: Accounts = {
  byName(name) {
    const local = parsePasswd(read('/etc/passwd')).find((account) => account.name === name);
    return (
      local ?? parsePasswd(askTool('getent', ['passwd', name]) ?? '').find((account) => account.name === name)
    );
  },
  byUid(uid) {
    const local = parsePasswd(read('/etc/passwd')).find((account) => account.uid === uid);
    return (
      local ??
      parsePasswd(askTool('getent', ['passwd', String(uid)]) ?? '').find((account) => account.uid === uid)
    );
  },
  groupByName(name) {
    return (
      parseGroup(read('/etc/group')).get(name) ??
      parseGroup(askTool('getent', ['group', name]) ?? '').get(name)
    );
  },
  membership(account) {
    const ids = askTool('id', ['-G', '--', account.name])?.trim().split(' ').map(parseDecimal);
    return ids?.includes(undefined) ? undefined : (ids as number[] | undefined);
  },
};

/** Lines of passwd(5). A line whose numbers are not plain decimals is no account. */
export function parsePasswd(text: string): Account[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', , uidText = '', gidText = '', , home = '', shell = ''] = line.split(':');
    const [uid, gid] = [parseDecimal(uidText), parseDecimal(gidText)];
    if (name === '' || uid === undefined || gid === undefined) return [];
    return [{ name, uid, gid, home: home || '/', shell: shell || '/bin/sh' }];
  });
}

/** Lines of group(5). */
export function parseGroup(text: string): Map<string, number> {
  const groups = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [name = '', , gidText = ''] = line.split(':');
    const gid = parseDecimal(gidText);
    if (name !== '' && gid !== undefined && !groups.has(name)) groups.set(name, gid);
  }
  return groups;
}

/** A machine may have no /etc/passwd at all (distroless, NSS only). */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

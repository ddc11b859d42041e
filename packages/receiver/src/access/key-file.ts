import { createHash, randomBytes } from 'node:crypto';
import { open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RefusedError, unreadableFile, unwritableFile } from '@penstock/service';

/** One API key as it is kept: its hash only. */
export interface StoredKey {
  /** Travels with each record and stands in `keys list`; says nothing about the key. */
  id: string;
  tenant: string;
  /** Of the whole key, hex. A key is 256 random bits, so a plain hash cannot be guessed backwards. */
  sha256: string;
  /** ISO 8601. */
  created: string;
  /** Its clients (pixels, mail) cannot send again; left out when they can. */
  cannotRetry?: true;
}

export const tenantPattern = /^[A-Za-z0-9._-]{1,64}$/;

export function hashOfKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** A new key and what is kept of it. The key itself is shown once and never stored. */
export function newKey(
  tenant: string,
  created: string,
  cannotRetry = false,
): { key: string; stored: StoredKey } {
  const key = `pk_${randomBytes(32).toString('base64url')}`;
  const stored = { id: randomBytes(6).toString('hex'), tenant, sha256: hashOfKey(key), created };
  return { key, stored: cannotRetry ? { ...stored, cannotRetry } : stored };
}

/**
 * One JSON object a line; empty lines and those that begin with # mean nothing. Throws RefusedError with the
 * line's number and the path.
 */
export function parseKeys(text: string, path: string): StoredKey[] {
  const keys: StoredKey[] = [];
  const seen = new Set<string>();
  for (const [index, line] of text.split('\n').entries()) {
    if (isRemark(line)) continue;
    const key = parseKey(line);
    const problem = key
      ? seen.has(key.id) || seen.has(key.sha256)
        ? 'is there twice: take one of the two out'
        : undefined
      : 'is no key: correct it, or take the line out';
    if (!key || problem) throw new RefusedError(`line ${index + 1} of the key file ${path} ${problem}`);
    seen.add(key.id).add(key.sha256);
    keys.push(key);
  }
  return keys;
}

/** The keys of a file; none if there is no file. */
export async function readKeys(path: string): Promise<StoredKey[]> {
  return parseKeys(await textOf(path), path);
}

/** Puts `key` at the end of the file. */
export async function addKey(path: string, key: StoredKey): Promise<void> {
  await rewrite(path, (lines) => [...lines, JSON.stringify(key)]);
}

/** False when there is no key with this id. */
export async function removeKey(path: string, id: string): Promise<boolean> {
  let found = false;
  await rewrite(path, (lines) =>
    lines.filter((line) => (!isRemark(line) && parseKey(line)?.id === id ? !(found = true) : true)),
  );
  return found;
}

/**
 * Whole or not at all: a reader sees the old file or the new one, and a machine that dies leaves one of them.
 * The name of the new file is the lock: two operators at once cannot lose a key of each other. Lines that are
 * not changed stay as they are, comments too.
 */
async function rewrite(path: string, change: (lines: string[]) => string[]): Promise<void> {
  const draft = `${path}.new`;
  const file = await open(draft, 'wx', 0o644).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EEXIST') throw new RefusedError(unwritableFile(draft, cause));
    throw new RefusedError(`${draft} exists: somebody changes the keys at this moment, or died doing so`);
  });
  try {
    const text = await textOf(path);
    parseKeys(text, path); // refuses what is no key file
    const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
    await file.writeFile(
      change(lines)
        .map((line) => `${line}\n`)
        .join(''),
    );
    await makeLike(path, file);
    await file.sync();
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/**
 * Gives the file the owner, group and mode of the one at `path`; the first one gets the group of its folder,
 * and that may read it. When root adds a key, the Receiver must be able to read the file.
 */
async function makeLike(path: string, file: FileHandle): Promise<void> {
  const old = await stat(path).catch(() => undefined);
  const own = await file.stat();
  if (old === undefined) {
    await mayChown(file, own.uid, (await stat(dirname(path))).gid);
    return file.chmod((own.mode & 0o777) | 0o040);
  }
  if (own.uid !== old.uid || own.gid !== old.gid) {
    // Only root may give a file away. Others may give theirs to a group of their own.
    if (!(await mayChown(file, old.uid, old.gid))) await mayChown(file, own.uid, old.gid);
  }
  await file.chmod(old.mode);
}

async function mayChown(file: FileHandle, uid: number, gid: number): Promise<boolean> {
  try {
    await file.chown(uid, gid);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EPERM' || code === 'EINVAL') return false; // EINVAL: no such user in this container
    throw error;
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new RefusedError(unreadableFile(path, error, 'key file'));
  }
}

function isRemark(line: string): boolean {
  return line.trim() === '' || line.startsWith('#');
}

function parseKey(line: string): StoredKey | undefined {
  try {
    const { id, tenant, sha256, created, cannotRetry } = JSON.parse(line) as Record<string, unknown>;
    if (typeof id !== 'string' || !/^[\w-]{1,64}$/.test(id)) return undefined;
    if (typeof tenant !== 'string' || !tenantPattern.test(tenant)) return undefined;
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
    const key = { id, tenant, sha256, created: typeof created === 'string' ? created : '' };
    return cannotRetry === true ? { ...key, cannotRetry } : key;
  } catch {
    return undefined;
  }
}

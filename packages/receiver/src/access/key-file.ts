import { createHash, randomBytes } from 'node:crypto';
import { chmod, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { RefusedError } from '@penstock/service';

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
 * line's number.
 */
export function parseKeys(text: string): StoredKey[] {
  const keys: StoredKey[] = [];
  const seen = new Set<string>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const key = parseKey(line);
    const problem = key
      ? seen.has(key.id) || seen.has(key.sha256)
        ? 'is there twice'
        : undefined
      : 'is no key';
    if (!key || problem) throw new RefusedError(`line ${index + 1} of the key file ${problem}`);
    seen.add(key.id).add(key.sha256);
    keys.push(key);
  }
  return keys;
}

/** The keys of a file; none if there is no file. */
export async function readKeys(path: string): Promise<StoredKey[]> {
  return parseKeys(await textOf(path));
}

/** Puts `key` at the end of the file. */
export async function addKey(path: string, key: StoredKey): Promise<void> {
  await rewrite(path, (keys) => [...keys, key]);
}

/** False when there is no key with this id. */
export async function removeKey(path: string, id: string): Promise<boolean> {
  let found = false;
  await rewrite(path, (keys) => keys.filter((key) => (key.id === id ? !(found = true) : true)));
  return found;
}

/**
 * Whole or not at all: a reader sees the old file or the new one, and a machine that dies leaves one of them.
 * The name of the new file is the lock: two operators at once cannot lose a key of each other.
 */
async function rewrite(path: string, change: (keys: StoredKey[]) => StoredKey[]): Promise<void> {
  const next = `${path}.new`;
  const file = await open(next, 'wx', 0o644).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EEXIST') throw new RefusedError(`${next} cannot be written: ${cause.message}`);
    throw new RefusedError(`${next} exists: somebody changes the keys at this moment, or died doing so`);
  });
  try {
    const keys = change(parseKeys(await textOf(path)));
    await file.writeFile(keys.map((key) => `${JSON.stringify(key)}\n`).join(''));
    await file.sync();
    const mode = await stat(path).then(
      (found) => found.mode,
      () => undefined,
    );
    if (mode !== undefined) await chmod(next, mode);
    await rename(next, path);
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new RefusedError(`the key file cannot be read: ${(error as Error).message}`);
  }
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

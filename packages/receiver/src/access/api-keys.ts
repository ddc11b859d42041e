import { stat } from 'node:fs/promises';
import { RefusedError, unreadableFile, type Log } from '@penstock/service';
import { hashOfKey, readKeys, type StoredKey } from './key-file.ts';

/** Who sends: what a key says. */
export interface KeyHolder {
  id: string;
  tenant: string;
  /** Its clients send once: what Kafka does not take goes to the spool. */
  cannotRetry: boolean;
}

const lookMs = 1_000;

/**
 * Reads the key file and looks for a new one each second. A file that cannot be read, or is gone, changes
 * nothing: the keys of before stay, and the log says so. At the start it throws RefusedError instead.
 */
export async function openApiKeys(path: string, log: Log): Promise<ApiKeys> {
  const { version, problem } = await appearanceOf(path);
  if (problem !== undefined) throw new RefusedError(problem);
  return new ApiKeys(path, await readKeys(path), version, log);
}

export class ApiKeys implements Disposable {
  readonly #path: string;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  #byHash: ReadonlyMap<string, KeyHolder>;
  #version: string;
  #looking = false;

  constructor(path: string, keys: readonly StoredKey[], version: string, log: Log) {
    this.#path = path;
    this.#log = log;
    this.#byHash = byHash(keys);
    this.#version = version;
    this.#timer = setInterval(() => void this.look(), lookMs).unref();
  }

  get count(): number {
    return this.#byHash.size;
  }

  /** Looked up by its hash: how long it takes says nothing about the keys. */
  holderOf(key: string): KeyHolder | undefined {
    return this.#byHash.get(hashOfKey(key));
  }

  /** Reads the file if it has changed. */
  async look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const { version, problem } = await appearanceOf(this.#path);
      if (version === this.#version) return;
      this.#version = version;
      if (problem !== undefined) throw new RefusedError(problem);
      this.#byHash = byHash(await readKeys(this.#path));
      this.#log.info({ keys: this.#byHash.size }, 'keys read again');
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      this.#log.error({ problem: error.message }, 'the key file cannot be used: the keys of before stay');
    } finally {
      this.#looking = false;
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function byHash(keys: readonly StoredKey[]): Map<string, KeyHolder> {
  return new Map(
    keys.map(({ id, tenant, sha256, cannotRetry = false }) => [sha256, { id, tenant, cannotRetry }]),
  );
}

interface Appearance {
  /** Changes with every write and every file that takes its name. */
  version: string;
  /** Why there is nothing to read. */
  problem?: string;
}

async function appearanceOf(path: string): Promise<Appearance> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    return { version: `${ino} ${size} ${mtimeNs}` };
  } catch (error) {
    const why = unreadableFile(path, error, 'key file');
    const { code } = error as NodeJS.ErrnoException;
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    return { version: why, problem: isMissing ? `${why}: \`receiver keys add\` makes one` : why };
  }
}

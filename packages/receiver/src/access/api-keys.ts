import { stat } from 'node:fs/promises';
import { RefusedError, type Log } from '@penstock/service';
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
  const version = await versionOf(path);
  if (version === undefined) throw new RefusedError(`there is no key file ${path}; \`keys add\` makes one`);
  return new ApiKeys(path, await readKeys(path), version, log);
}

export class ApiKeys implements Disposable {
  readonly #path: string;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  #byHash: ReadonlyMap<string, KeyHolder>;
  #version: string | undefined;
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
      const version = await versionOf(this.#path);
      if (version === this.#version) return;
      this.#version = version;
      if (version === undefined) throw new RefusedError('the key file is gone');
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

/** Changes with every write and every file that takes its name. */
async function versionOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found && `${found.ino} ${found.size} ${found.mtimeNs}`;
}

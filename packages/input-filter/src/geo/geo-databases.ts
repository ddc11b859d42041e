import type { Log } from '@penstock/service';
import { stat } from 'node:fs/promises';
import { type GeoFile, loadGeoFile } from './geo-file.ts';

export interface GeoDatabasesOptions {
  /** In order of preference; the first that knows a field wins. */
  paths: readonly string[];
  checkIntervalMs: number;
  log: Log;
  /** Called with the whole new list after a database was replaced. */
  onChange(files: readonly GeoFile[]): void;
  /** A database could not be loaded. */
  onFailed(): void;
}

interface Watched {
  path: string;
  file: GeoFile | undefined;
  /** What the file looked like at the last check, and when it was last tried. */
  seen: string;
  tried: string;
}

/**
 * The databases of this process, kept fresh. A changed file is loaded beside the old one, probed, and only
 * then takes its place. A missing, half-written or broken file leaves the old one in use, or none, and then
 * geo is null. Events never wait.
 *
 * The files are polled, not watched, because to stat all changes look alike: a rename over the file, a write
 * in place, Kubernetes' swap of a symbolic link.
 */
export class GeoDatabases implements AsyncDisposable {
  readonly #options: GeoDatabasesOptions;
  readonly #watched: Watched[];
  readonly #timer: NodeJS.Timeout;
  #checking: Promise<void> | undefined;

  static async start(options: GeoDatabasesOptions): Promise<GeoDatabases> {
    const databases = new GeoDatabases(options);
    for (const watched of databases.#watched) {
      watched.seen = await appearance(watched.path);
      await databases.#load(watched);
    }
    return databases;
  }

  private constructor(options: GeoDatabasesOptions) {
    this.#options = options;
    this.#watched = options.paths.map((path) => ({ path, file: undefined, seen: '', tried: '' }));
    this.#timer = setInterval(() => {
      this.#checking ??= this.#check().finally(() => (this.#checking = undefined));
    }, options.checkIntervalMs).unref();
  }

  get files(): readonly GeoFile[] {
    return this.#watched.map((watched) => watched.file).filter((file) => file !== undefined);
  }

  get missing(): number {
    return this.#watched.filter((watched) => watched.file === undefined).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#checking;
  }

  async #check(): Promise<void> {
    for (const watched of this.#watched) {
      const now = await appearance(watched.path);
      const settled = now === watched.seen; // not still being written: it looked the same one interval ago
      watched.seen = now;
      if (!settled || now === watched.tried) continue;
      if (await this.#load(watched)) this.#options.onChange(this.files);
    }
  }

  async #load(watched: Watched): Promise<boolean> {
    watched.tried = watched.seen;
    try {
      const before = watched.file?.label;
      watched.file = await loadGeoFile(watched.path);
      this.#options.log.info(
        { database: watched.file.label, before, path: watched.path },
        'GeoIP database loaded',
      );
      return true;
    } catch (error) {
      this.#options.onFailed();
      this.#options.log.warn(
        { problem: problemOf(error), path: watched.path, inUse: watched.file?.label ?? null },
        'GeoIP database cannot be used; events go on without it or with the one before, until it changes',
      );
      return false;
    }
  }
}

function problemOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function appearance(path: string): Promise<string> {
  try {
    const { mtimeMs, ctimeMs, size, ino } = await stat(path);
    return `${mtimeMs} ${ctimeMs} ${size} ${ino}`; // ctime: `cp --preserve` onto a file leaves all the rest
  } catch {
    return 'missing';
  }
}

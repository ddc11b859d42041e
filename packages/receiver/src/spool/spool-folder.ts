import { mkdir, open, readdir, readFile, rename, rm, stat, statfs, type FileHandle } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { RefusedError } from '@penstock/service';

/** A file of the spool. Records are written to its end, and it goes once all of them are in Kafka. */
export interface Segment {
  number: number;
  path: string;
  /** On the disk: written and synced. */
  bytes: number;
}

/** Up to where everything is in Kafka. */
export interface Position {
  segment: number;
  offset: number;
}

const socketPathMax = 107;

/**
 * The folder of the spool: segments, a position, and a lock that the kernel takes back when the process dies.
 * Nobody else may read it: bodies and addresses are there as they came.
 */
export class SpoolFolder implements AsyncDisposable {
  readonly path: string;
  readonly #lock: Server;

  private constructor(path: string, lock: Server) {
    this.path = path;
    this.#lock = lock;
  }

  /** Throws RefusedError when it cannot be used, or another process does. */
  static async open(path: string): Promise<SpoolFolder> {
    try {
      await mkdir(path, { recursive: true, mode: 0o700 });
      return new SpoolFolder(path, await lock(join(path, 'lock')));
    } catch (error) {
      if (error instanceof RefusedError) throw error;
      throw new RefusedError(`the spool ${path} cannot be used (${codeOf(error)})`);
    }
  }

  /** In the order in which they were written. */
  async segments(): Promise<Segment[]> {
    const names = (await readdir(this.path)).filter((name) => /^\d{12}\.spool$/.test(name)).toSorted();
    return Promise.all(
      names.map(async (name) => {
        const path = join(this.path, name);
        return { number: Number.parseInt(name, 10), path, bytes: (await stat(path)).size };
      }),
    );
  }

  /** Its name is on the disk, too, when this settles. */
  async create(number: number): Promise<{ segment: Segment; file: FileHandle }> {
    const path = join(this.path, `${String(number).padStart(12, '0')}.spool`);
    const file = await open(path, 'wx', 0o600);
    await this.#syncNames();
    return { segment: { number, path, bytes: 0 }, file };
  }

  async remove({ path }: Segment): Promise<void> {
    await rm(path);
  }

  /** Leaves it for an operator. */
  async setAside({ path }: Segment): Promise<string> {
    await rename(path, `${path}.damaged`);
    return `${path}.damaged`;
  }

  /**
   * The start, when nothing was replayed yet. Throws RefusedError when it is there and cannot be read: taken
   * for the start, everything would be sent again, perhaps long after the window of the Input Filter.
   */
  async position(): Promise<Position> {
    const path = join(this.path, 'position');
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return '0 0\n';
      throw new RefusedError(`the position of the spool, ${path}, cannot be read (${codeOf(error)})`);
    });
    const [, segment, offset] = /^(\d+) (\d+)\n$/.exec(text) ?? [];
    if (segment === undefined || offset === undefined) {
      throw new RefusedError(
        `the position of the spool, ${path}, is damaged. Without it the whole spool is sent again: remove ` +
          'it if the Input Filter still knows the events in it, or they are doubled',
      );
    }
    return { segment: Number(segment), offset: Number(offset) };
  }

  /** Whole or not at all. */
  async writePosition({ segment, offset }: Position): Promise<void> {
    const path = join(this.path, 'position');
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      await file.writeFile(`${segment} ${offset}\n`);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
  }

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.path);
    return bavail * bsize;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#lock.close(() => resolve()));
  }

  async #syncNames(): Promise<void> {
    const folder = await open(this.path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}

export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}

/**
 * A listening socket: unlike a file with a pid it cannot outlive its process, nor be mistaken for that of
 * another container's process of the same number.
 */
async function lock(path: string): Promise<Server> {
  if (Buffer.byteLength(path) > socketPathMax) {
    throw new RefusedError(`the path of the spool is longer than ${socketPathMax - '/lock'.length} bytes`);
  }
  const server = await listening(path);
  if (server) return server;
  if (await answers(path)) throw new RefusedError(`the spool ${path} belongs to another process`);
  await rm(path, { force: true });
  const again = await listening(path);
  if (!again) throw new RefusedError(`the spool ${path} belongs to another process`);
  return again;
}

/** Undefined when the name is taken. */
function listening(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy()).unref();
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(path, () => resolve(server));
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

import { execFile } from 'node:child_process';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { forgetFolder, removeAtExit } from '@penstock/test-process';

const run = promisify(execFile);
const spare = 256 * 1024;

/** A disk of its own for one broker, in memory, which can be made full. Needs root and Linux. */
export class SmallDisk implements AsyncDisposable {
  readonly folder: string;
  readonly #size: string;

  /** `size` as mount knows it, such as '4g'. Rejects when the machine does not allow it. */
  static async mount(size: string): Promise<SmallDisk> {
    const folder = await mkdtemp(join(tmpdir(), 'penstock-disk-'));
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0777`, 'penstock-chaos', folder]);
    } catch (error) {
      await rm(folder, { recursive: true });
      throw error;
    }
    // Should this process be killed, what lies there is removed. The empty mount stays until the next boot.
    removeAtExit(folder);
    return new SmallDisk(folder, size);
  }

  private constructor(folder: string, size: string) {
    this.folder = folder;
    this.#size = size;
  }

  /** From now on hardly a byte more fits. Nothing is written for that: the disk shrinks to what it holds. */
  async fill(): Promise<void> {
    const { blocks, bfree, bsize } = await statfs(this.folder);
    await this.#resize(String((blocks - bfree) * bsize + spare));
  }

  async makeRoom(): Promise<void> {
    await this.#resize(this.#size);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run('umount', ['-l', this.folder]);
    await rm(this.folder, { recursive: true, force: true });
    forgetFolder(this.folder);
  }

  async #resize(size: string): Promise<void> {
    await run('mount', ['-o', `remount,size=${size}`, this.folder]);
  }
}

/** Why this machine cannot have one; undefined when it can. */
export async function whyNoSmallDisk(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'a disk of its own needs Linux';
  if (process.getuid?.() !== 0) return 'a disk of its own needs root, to mount it';
  try {
    await using disk = await SmallDisk.mount('1m');
    await disk.fill();
    return undefined;
  } catch (error) {
    return `no disk can be mounted here (${(error as Error).message.split('\n').at(0)})`;
  }
}

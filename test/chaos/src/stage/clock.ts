import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The wall clock of one service, which can be set. Durations are of another clock, so it changes none. */
export class ServiceClock {
  readonly #file: string;

  constructor(folder: string, name: string) {
    this.#file = join(folder, `${name}.offset`);
  }

  /** Arguments for Node that put the clock into each thread of the process. */
  get nodeArguments(): string[] {
    const url = pathToFileURL(join(import.meta.dirname, 'stepped-clock.mjs'));
    url.searchParams.set('offset', this.#file);
    return ['--import', url.href];
  }

  /** Takes effect within 250 ms, and after a restart too. */
  async set(offsetMs: number): Promise<void> {
    await writeFile(`${this.#file}.new`, String(offsetMs));
    await rename(`${this.#file}.new`, this.#file);
  }

  async setRight(): Promise<void> {
    await rm(this.#file, { force: true });
  }
}

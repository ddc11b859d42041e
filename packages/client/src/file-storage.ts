import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventStorage } from './event-queue.ts';

const suffix = '.item';

/**
 * A storage for Node: one file for each item in a folder that belongs to one process at a time. Items outlive
 * the process, but not a loss of power: nothing is fsynced. Throws what the file system throws.
 */
export class FileStorage implements EventStorage {
  readonly #folder: string;
  readonly #items = new Map<string, string>();

  /** Makes the folder, or reads what an earlier process has left in it. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    for (const file of readdirSync(folder)) {
      const path = join(folder, file);
      // A draft that was never renamed: its event was not taken.
      if (!file.endsWith(suffix)) rmSync(path);
      else this.#read(readFileSync(path, 'utf8'));
    }
  }

  get length(): number {
    return this.#items.size;
  }

  key(index: number): string | null {
    return [...this.#items.keys()][index] ?? null;
  }

  getItem(name: string): string | null {
    return this.#items.get(name) ?? null;
  }

  setItem(name: string, text: string): void {
    const path = this.#pathOf(name);
    const draft = `${path}.draft`;
    writeFileSync(draft, `${name}\n${text}`);
    renameSync(draft, path); // whole or not at all
    this.#items.set(name, text);
  }

  removeItem(name: string): void {
    rmSync(this.#pathOf(name), { force: true });
    this.#items.delete(name);
  }

  #read(content: string): void {
    const end = content.indexOf('\n');
    if (end > 0) this.#items.set(content.slice(0, end), content.slice(end + 1));
  }

  #pathOf(name: string): string {
    return join(this.#folder, createHash('sha256').update(name).digest('hex').slice(0, 32) + suffix);
  }
}

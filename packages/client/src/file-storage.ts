import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventStorage } from './event-queue.ts';

const suffix = '.item';
const draftSuffix = `${suffix}.draft`;

/**
 * A storage for Node: one file for each item in a folder that belongs to one process at a time. Items outlive
 * the process, but not a loss of power: nothing is fsynced. Throws what the file system throws.
 */
export class FileStorage implements EventStorage {
  readonly #folder: string;
  readonly #items = new Map<string, string>();
  /** Its keys, until one comes or goes: thousands are asked for by their index, one after the other. */
  #names: string[] | undefined;

  /** Makes the folder, or reads what an earlier process has left in it. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    for (const file of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, file.name);
      // Whatever else is there is not ours: lost+found of a volume, or all of a folder that was not meant.
      if (!file.isFile()) continue;
      // A draft that was never renamed: its event was not taken.
      if (file.name.endsWith(draftSuffix)) rmSync(path);
      else if (file.name.endsWith(suffix)) this.#read(readFileSync(path, 'utf8'));
    }
  }

  get length(): number {
    return this.#items.size;
  }

  key(index: number): string | null {
    this.#names ??= [...this.#items.keys()];
    return this.#names[index] ?? null;
  }

  getItem(name: string): string | null {
    return this.#items.get(name) ?? null;
  }

  setItem(name: string, text: string): void {
    const path = this.#pathOf(name);
    const draft = path.slice(0, -suffix.length) + draftSuffix;
    writeFileSync(draft, `${name}\n${text}`);
    renameSync(draft, path); // whole or not at all
    if (!this.#items.has(name)) this.#names = undefined;
    this.#items.set(name, text);
  }

  removeItem(name: string): void {
    rmSync(this.#pathOf(name), { force: true });
    if (this.#items.delete(name)) this.#names = undefined;
  }

  #read(content: string): void {
    const end = content.indexOf('\n');
    if (end > 0) this.#items.set(content.slice(0, end), content.slice(end + 1));
  }

  #pathOf(name: string): string {
    return join(this.#folder, createHash('sha256').update(name).digest('hex').slice(0, 32) + suffix);
  }
}

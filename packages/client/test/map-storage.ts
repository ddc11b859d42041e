import type { EventStorage } from '../src/index.ts';

/** A storage like the browser's; `setItem` throws while it is full, everything while it is denied. */
export class MapStorage implements EventStorage {
  readonly items = new Map<string, string>();
  full = false;
  denied = false;

  get length(): number {
    return this.#allowed().size;
  }

  key(index: number): string | null {
    return [...this.#allowed().keys()][index] ?? null;
  }

  getItem(name: string): string | null {
    return this.#allowed().get(name) ?? null;
  }

  setItem(name: string, text: string): void {
    if (this.full) throw new DOMException('full', 'QuotaExceededError');
    this.#allowed().set(name, text);
  }

  removeItem(name: string): void {
    this.#allowed().delete(name);
  }

  #allowed(): Map<string, string> {
    if (this.denied) throw new DOMException('denied', 'SecurityError');
    return this.items;
  }
}

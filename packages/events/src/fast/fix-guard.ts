import type { Fix } from '../catalogue/fix.ts';
import type { ClientName } from '../catalogue/format.ts';
import type { FormatNumber } from '../model/request.ts';
import { KeyTable } from './key-table.ts';

/** The fixes for events of this client and format. */
export type FixesFor = (client: ClientName, format: FormatNumber) => readonly Fix[];

/** Bits of an integer, less its sign. */
const watchedMax = 31;
/** A fix that may look at anything. */
export const anything = -1;
/** How many clients are remembered with their answer. */
const clientsMax = 1_024;

/**
 * Tells which events no fix can touch, from what a fix says of itself: its clients, and the properties
 * without which it does nothing. Each such property has a bit.
 */
export class FixGuard {
  readonly watched: KeyTable<number>;
  readonly #bits: ReadonlyMap<string, number>;
  readonly #fixesFor: FixesFor;
  readonly #known = new Map<string, number>();

  constructor(fixes: readonly Fix[], fixesFor: FixesFor) {
    const names = [...new Set(fixes.flatMap(({ onlyProperties }) => onlyProperties ?? []))];
    this.#bits = new Map(names.slice(0, watchedMax).map((name, index) => [name, 1 << index]));
    this.watched = new KeyTable(this.#bits);
    this.#fixesFor = fixesFor;
  }

  /** The properties that some fix for this client looks at, or `anything`. 0: no fix. */
  mask(name: string | null, version: string | null, format: FormatNumber): number {
    if (name === null) return 0;
    const key = `${format} ${name} ${version ?? ''}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const mask = this.#maskOf(this.#fixesFor({ name, version }, format));
    if (this.#known.size >= clientsMax) this.#known.clear();
    this.#known.set(key, mask);
    return mask;
  }

  #maskOf(fixes: readonly Fix[]): number {
    let mask = 0;
    for (const { onlyProperties } of fixes) {
      if (onlyProperties === undefined) return anything;
      for (const name of onlyProperties) {
        const bit = this.#bits.get(name);
        if (bit === undefined) return anything;
        mask |= bit;
      }
    }
    return mask;
  }
}

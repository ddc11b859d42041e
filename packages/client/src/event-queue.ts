import type { FrozenEvent } from './event.ts';
import { randomUuid } from './uuid.ts';
import { wallClockMs } from './wall-clock.ts';

/** What the queue needs of `localStorage`, or of what stands in for it. Any of it may throw. */
export interface EventStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(name: string): string | null;
  setItem(name: string, text: string): void;
  removeItem(name: string): void;
}

/** One event that is not known to be stored. */
export interface Entry {
  /** Sorts by age. */
  name: string;
  /** The partition key of all its tries. */
  key: string;
  /** Its JSON, the same in all its tries. */
  event: string;
  /** How often it was sent. */
  tries: number;
  /** When a try began whose end nobody has seen yet, by the wall clock; 0 when there is none. */
  unseenSinceMs: number;
}

/**
 * Events that wait to be acknowledged. The storage is the truth, for all tabs of a site together: an event
 * is written to it before `add` returns and taken out once it is acknowledged. Each event has an item of
 * its own, so that two tabs never write the same one. An event that the storage does not take (full,
 * denied) is kept in memory and lasts as long as the page.
 */
export class EventQueue {
  readonly #storage: EventStorage | undefined;
  readonly #prefix: string;
  readonly #charactersMax: number;
  readonly #drop: (reason: 'unreadable', texts: string[]) => void;
  /** What this client has added and nobody has taken out. */
  readonly #own = new Map<string, Entry>();
  /** Those of them that are in memory only. */
  readonly #unstored = new Set<string>();
  #characters = 0;
  /** The time in the newest name. */
  #newestMs = 0;
  /** What stood under the prefix alone when we last looked; see `#heedClearing`. */
  #mark: string | undefined;

  /**
   * `prefix` tells apart the queues in one storage; `charactersMax` is for all entries, as stored. What
   * somebody else wrote under our names is taken out and dropped.
   */
  constructor(
    storage: EventStorage | undefined,
    prefix: string,
    charactersMax: number,
    drop: (reason: 'unreadable', texts: string[]) => void,
  ) {
    this.#storage = storage;
    this.#prefix = prefix;
    this.#charactersMax = charactersMax;
    this.#drop = drop;
  }

  /** False when the queue is full: the event is not taken. What is in the queue is never dropped for it. */
  add(key: string, { id, json }: FrozenEvent): boolean {
    // Behind all that wait, also in the same millisecond and when the clock was set back since.
    this.#newestMs = Math.max(this.#newestMs + 1, wallClockMs());
    const name = `${this.#newestMs.toString(36).padStart(9, '0')}.${id}`;
    const entry = { name, key, event: json, tries: 0, unseenSinceMs: 0 };
    const characters = textOf(entry).length;
    if (this.#characters + characters > this.#charactersMax) return false;
    this.#characters += characters;
    this.#own.set(name, entry);
    // Until it is there.
    this.#unstored.add(name);
    this.#heedClearing();
    try {
      if (this.#storage) this.#put(name);
    } catch {
      // Full or denied.
    }
    return true;
  }

  /** Everything that waits, oldest first, also what earlier pages and other tabs have left. */
  all(): Entry[] {
    let entries: Map<string, Entry>;
    try {
      entries = this.#stored();
    } catch {
      // Denied from now on, as when somebody blocks the site's data: what we know of is all there is.
      entries = new Map(this.#own);
    }
    for (const name of this.#unstored) entries.set(name, this.#own.get(name)!);
    const sorted = [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#characters = sorted.reduce((sum, entry) => sum + textOf(entry).length, 0);
    this.#newestMs = Math.max(this.#newestMs, parseInt(sorted.at(-1)?.name.slice(0, 9) ?? '', 36) || 0);
    return sorted;
  }

  /** Whether this client has added it, not an earlier page or another tab. */
  isOwn({ name }: Entry): boolean {
    return this.#own.has(name);
  }

  /** Whether it outlives the page. */
  outlives({ name }: Entry): boolean {
    return this.#storage !== undefined && !this.#unstored.has(name);
  }

  /** Keeps what has changed of `entries`. */
  update(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const name = this.#prefix + entry.name;
      if (this.isOwn(entry)) this.#own.set(entry.name, entry);
      try {
        // Only what is still there: another tab may have had it acknowledged and taken it out.
        if (this.#storage?.getItem(name)) this.#storage.setItem(name, textOf(entry));
      } catch {
        // Full or denied. What stands there is the same event with an older count.
      }
    }
  }

  /** Once they are acknowledged, or told to be dropped. */
  remove(entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.#own.delete(entry.name);
      this.#unstored.delete(entry.name);
      this.#characters -= textOf(entry).length;
      try {
        this.#storage?.removeItem(this.#prefix + entry.name);
      } catch {
        // Denied meanwhile. If it is ever granted again, the event is sent once more, with the same id and
        // key.
      }
    }
  }

  #stored(): Map<string, Entry> {
    const storage = this.#storage;
    const prefix = this.#prefix;
    const entries = new Map<string, Entry>();
    if (!storage) return entries;
    this.#heedClearing();
    const names: string[] = [];
    for (let index = 0; index < storage.length; index += 1) {
      const name = storage.key(index);
      if (name?.startsWith(prefix) && name !== prefix) names.push(name);
    }
    for (const name of names) {
      const text = storage.getItem(name);
      if (text === null) continue;
      const entry = entryOf(name.slice(prefix.length), text);
      if (entry) entries.set(entry.name, entry);
      else {
        storage.removeItem(name);
        this.#drop('unreadable', [text]);
      }
    }
    // Another tab has sent it meanwhile.
    for (const name of this.#own.keys()) {
      if (!this.#unstored.has(name) && !entries.has(name)) this.#own.delete(name);
    }
    return entries;
  }

  /** Stores an event of ours. Throws when the storage does not take it. */
  #put(name: string): void {
    this.#storage!.setItem(this.#prefix + name, textOf(this.#own.get(name)!));
    this.#unstored.delete(name);
  }

  /**
   * Sites clear the whole storage when somebody logs out. Our mark goes with the rest, and the first tab
   * that notices sets another one. So each tab can tell, even when another was first: what is missing behind
   * a mark that it does not know was thrown away. Or another tab had it acknowledged before that: then it is
   * sent again with the same id and key, and recognised.
   */
  #heedClearing(): void {
    const storage = this.#storage;
    if (!storage) return;
    try {
      const found = storage.getItem(this.#prefix);
      if (found ? found === this.#mark : this.#own.size === 0) return;
      for (const name of this.#own.keys()) {
        if (!this.#unstored.has(name) && !storage.getItem(this.#prefix + name)) this.#unstored.add(name);
      }
      // The first that does not fit ends it: a full storage would be asked for all of them at each event.
      for (const name of this.#unstored) this.#put(name);
      this.#mark = found ?? randomUuid();
      if (!found) storage.setItem(this.#prefix, this.#mark);
    } catch {
      // Full or denied: the same again next time.
    }
  }
}

/** The event stands as it is on a line of its own: JSON in JSON would be a fifth longer. */
function textOf({ key, tries, unseenSinceMs, event }: Entry): string {
  return `${JSON.stringify([key, tries, unseenSinceMs])}\n${event}`;
}

/** Undefined when somebody else wrote it: one broken event would break the request it stands in. */
function entryOf(name: string, text: string): Entry | undefined {
  try {
    const [head, event = ''] = text.split('\n', 2);
    const [key, tries, unseenSinceMs] = JSON.parse(head!) as [string, number, number];
    const known = typeof key === 'string' && tries >= 0 && unseenSinceMs >= 0;
    JSON.parse(event);
    return known && event.startsWith('{') ? { name, key, event, tries, unseenSinceMs } : undefined;
  } catch {
    return undefined;
  }
}

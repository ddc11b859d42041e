/** 32-bit words of a key: 4 of the hashed tenant + event id, 2 of the content hash. */
export const keyWords = 6;
export const keyBytes = keyWords * 4;

const chunkKeys = 4096;
const firstSlots = 1024;

/** Above this share of used slots linear probing gets slow, and the index grows. */
const loadMax = 0.8;

/**
 * A set of keys in the order they came: keys lie densely in chunks (24 bytes each), and an open-addressing
 * index of 4-byte entry numbers points into them. With `keysMax` keys the index has 2 x keysMax slots: 24 + 8
 * = 32 bytes a key.
 *
 * Entries leave only from the end (`truncate`), newest first. That makes removal from a linear-probing table
 * trivial: whatever was pushed past the slot being emptied came later, and is already gone. No tombstones.
 */
export class DedupGeneration {
  count = 0;
  readonly #keysMax: number;
  readonly #seed: number;
  readonly #chunks: Uint32Array[] = [];
  #index = new Uint32Array(firstSlots); // entry number + 1; 0 is empty

  /**
   * @param keysMax the size at which the index is dimensioned; more keys still fit, at more bytes a key.
   * @param seed random and private to the process: clients choose their event ids, and must not be able to
   *   choose ids that all fall on one slot.
   */
  constructor(keysMax: number, seed: number) {
    this.#keysMax = keysMax;
    this.#seed = seed;
  }

  get bytes(): number {
    return this.#index.byteLength + this.#chunks.length * chunkKeys * keyBytes;
  }

  /** Entry number of the key with the same id (its first four words), or -1. Costs no allocation. */
  find(key: Uint32Array): number {
    const entry = this.#index[this.#slotOf(key, 0)]!;
    return entry - 1;
  }

  hasContent(entry: number, key: Uint32Array): boolean {
    const chunk = this.#chunks[Math.floor(entry / chunkKeys)]!;
    const at = (entry % chunkKeys) * keyWords;
    return chunk[at + 4] === key[4] && chunk[at + 5] === key[5];
  }

  /** Appends a key that `find` did not know. Copies it. */
  push(key: Uint32Array): void {
    if (this.count + 1 > this.#index.length * loadMax) this.#grow();
    const within = this.count % chunkKeys;
    if (within === 0 && this.count / chunkKeys === this.#chunks.length) {
      this.#chunks.push(new Uint32Array(chunkKeys * keyWords));
    }
    this.#chunks[Math.floor(this.count / chunkKeys)]!.set(key, within * keyWords);
    this.#index[this.#slotOf(key, 0)] = this.count + 1;
    this.count += 1;
  }

  /** Forgets all entries from `count` on, newest first. */
  truncate(count: number): void {
    while (this.count > count) {
      const entry = this.count - 1;
      const chunk = this.#chunks[Math.floor(entry / chunkKeys)]!;
      this.#index[this.#slotOf(chunk, (entry % chunkKeys) * keyWords)] = 0;
      this.count -= 1;
    }
  }

  /** Copies the keys of entries `from` to the end, 24 bytes each, into `target`. */
  copyFrom(from: number, target: Uint32Array): void {
    for (let entry = from; entry < this.count;) {
      const chunk = this.#chunks[Math.floor(entry / chunkKeys)]!;
      const within = entry % chunkKeys;
      const keys = Math.min(chunkKeys - within, this.count - entry);
      target.set(chunk.subarray(within * keyWords, (within + keys) * keyWords), (entry - from) * keyWords);
      entry += keys;
    }
  }

  /** The slot that holds the id at `keys[at]`, or the empty one where it would go. */
  #slotOf(keys: Uint32Array, at: number): number {
    const index = this.#index;
    const a = keys[at]!;
    const b = keys[at + 1]!;
    const c = keys[at + 2]!;
    const d = keys[at + 3]!;
    let hash = Math.imul(this.#seed ^ a, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15) ^ b, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13) ^ c, 0xc2b2ae35);
    hash = Math.imul(hash ^ (hash >>> 16) ^ d, 0x27d4eb2f);
    hash = (hash ^ (hash >>> 15)) >>> 0;
    // multiply and shift instead of modulo: any number of slots, and the product stays below 2^53
    let slot = Math.floor((hash * index.length) / 0x1_0000_0000);
    for (;;) {
      const entry = index[slot]!;
      if (entry === 0) return slot;
      const chunk = this.#chunks[Math.floor((entry - 1) / chunkKeys)]!;
      const word = ((entry - 1) % chunkKeys) * keyWords;
      if (chunk[word] === a && chunk[word + 1] === b && chunk[word + 2] === c && chunk[word + 3] === d)
        return slot;
      slot += 1;
      if (slot === index.length) slot = 0;
    }
  }

  #grow(): void {
    const full = this.#keysMax * 2;
    const next = this.#index.length * 2;
    // The last step but one lands exactly on 2 x keysMax; beyond it (one large transaction) it doubles again.
    this.#index = new Uint32Array(this.#index.length < full && next > full ? full : next);
    // Dense order, so that `truncate` still removes newest first.
    for (let entry = 0; entry < this.count; entry++) {
      const chunk = this.#chunks[Math.floor(entry / chunkKeys)]!;
      this.#index[this.#slotOf(chunk, (entry % chunkKeys) * keyWords)] = entry + 1;
    }
  }
}

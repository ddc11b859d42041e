import { DedupGeneration, KEY_BYTES, KEY_WORDS } from './dedup-generation.ts';

/**
 * What the window knows of an event. `conflict` is a duplicate too (the same id is always one), whose content
 * differs from the first.
 */
export type Sighting = 'new' | 'duplicate' | 'conflict';

export interface DedupLimits {
  /** How long an id is remembered at least, in ms of stream time (received_at, not this machine's clock). */
  readonly windowMs: number;
  /** Bound of the memory: 32 bytes each. The newest half of them is remembered whatever its age. */
  readonly idsMax: number;
}

/**
 * The de-duplication window of one partition: two generations of keys. The young one takes new keys; when it
 * is `windowMs` old or holds half of `idsMax`, it becomes the old one and the old one is dropped. So an id
 * lives between one and two windows, and forgetting costs nothing.
 *
 * Marks are provisional until `settle`: a transaction marks, then either its commit is certain (settle) or it
 * is certainly not (undo), and the same events come again. Generations turn only when settled, so that undo
 * is exact. Time is that of the stream: after an outage the backlog is judged by when it was received, and a
 * rebuild from events.seen turns the generations where the first run turned them.
 */
export class DedupWindow {
  readonly #limits: DedupLimits;
  readonly #seed: number;
  #young: DedupGeneration;
  #old: DedupGeneration;
  #settled = 0; // entries of #young whose commit is certain
  #youngSinceMs: number | undefined;
  #oldSinceMs: number | undefined;

  /** @param seed private to the process; see DedupGeneration. */
  constructor(limits: DedupLimits, seed = Math.floor(Math.random() * 0x1_0000_0000)) {
    this.#limits = limits;
    this.#seed = seed;
    this.#young = this.#generation();
    this.#old = this.#generation();
  }

  /**
   * Says whether the id (words 0..3) was seen, and if not, marks it provisionally.
   * @param key six words, see EventKey; copied.
   */
  mark(key: Uint32Array): Sighting {
    const young = this.#young.find(key);
    if (young >= 0) return this.#young.hasContent(young, key) ? 'duplicate' : 'conflict';
    const old = this.#old.find(key);
    if (old >= 0) return this.#old.hasContent(old, key) ? 'duplicate' : 'conflict';
    this.#young.push(key);
    return 'new';
  }

  /** Number of provisional marks. */
  get pending(): number {
    return this.#young.count - this.#settled;
  }

  /** The provisional marks in the order they were made, as events.seen stores them. A copy. */
  pendingKeys(): Uint8Array {
    const keys = new Uint32Array(this.pending * KEY_WORDS);
    this.#young.copyFrom(this.#settled, keys);
    return new Uint8Array(keys.buffer);
  }

  /**
   * The provisional marks are certain: their transaction is committed.
   * @param streamTimeMs highest received_at of the partition so far; going back is ignored.
   */
  settle(streamTimeMs: number): void {
    this.#settled = this.#young.count;
    this.#youngSinceMs ??= streamTimeMs;
    const aged = streamTimeMs - this.#youngSinceMs >= this.#limits.windowMs;
    if (!aged && this.#young.count < this.#limits.idsMax / 2) return;
    this.#old = this.#young;
    this.#oldSinceMs = this.#youngSinceMs;
    this.#young = this.#generation();
    this.#youngSinceMs = streamTimeMs;
    this.#settled = 0;
  }

  /** Forgets the provisional marks: their transaction is certainly not committed. */
  undo(): void {
    this.#young.truncate(this.#settled);
  }

  /** Marks and settles what an earlier owner committed (one record of events.seen). */
  restore(keys: Uint8Array, streamTimeMs: number): void {
    const words = new Uint32Array(keys.length / 4);
    new Uint8Array(words.buffer).set(keys); // aligned
    for (let at = 0; at < words.length; at += KEY_WORDS) this.mark(words.subarray(at, at + KEY_WORDS));
    this.settle(streamTimeMs);
  }

  get windowMs(): number {
    return this.#limits.windowMs;
  }

  get ids(): number {
    return this.#young.count + this.#old.count;
  }

  get bytes(): number {
    return this.#young.bytes + this.#old.bytes;
  }

  /** Stream time from which on every id is remembered; undefined when nothing was settled yet. */
  get sinceMs(): number | undefined {
    return this.#oldSinceMs ?? this.#youngSinceMs;
  }

  #generation(): DedupGeneration {
    return new DedupGeneration(Math.max(1, Math.floor(this.#limits.idsMax / 2)), this.#seed);
  }
}

export { KEY_BYTES, KEY_WORDS };

import { DedupGeneration, keyBytes, keyWords } from './dedup-generation.ts';
import { ageMs, type WindowTime } from './window-time.ts';

/**
 * What the window knows of an event. `conflict` is a duplicate too (the same id is always one), whose content
 * differs from the first.
 */
export type Sighting = 'new' | 'duplicate' | 'conflict';

export interface DedupLimits {
  /** How long an id is remembered at least, ms, while `idsMax` is enough for it. */
  readonly windowMs: number;
  /**
   * Bound of the memory: 32 bytes each. The newest half of them is remembered whatever its age; no more is
   * promised. So it has to be twice what comes in a window, or the window is shorter (`heldMs`).
   */
  readonly idsMax: number;
}

/**
 * The de-duplication window of one partition: two generations of keys. The young one takes new keys. When it
 * is `windowMs` old by both clocks of WindowTime, or holds half of `idsMax`, it becomes the old one, and the
 * old one is dropped. So an id lives for one window at least, or for as long as half of `idsMax` others take
 * to come, and forgetting costs nothing.
 *
 * Marks are provisional until `settle`. A transaction marks; then its commit is certain (settle), or it is
 * certainly not committed (undo) and the same events come again. Generations turn only when settled, so undo
 * is exact.
 */
export class DedupWindow {
  readonly #limits: DedupLimits;
  readonly #seed: number;
  #young: DedupGeneration;
  #old: DedupGeneration;
  #settled = 0; // entries of #young whose commit is certain
  #youngSince: WindowTime | undefined;
  #oldSince: WindowTime | undefined;
  #heldMs: number;

  /** @param seed private to the process; see DedupGeneration. */
  constructor(limits: DedupLimits, seed = Math.floor(Math.random() * 0x1_0000_0000)) {
    this.#limits = limits;
    this.#seed = seed;
    this.#heldMs = limits.windowMs;
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
    const keys = new Uint32Array(this.pending * keyWords);
    this.#young.copyFrom(this.#settled, keys);
    return new Uint8Array(keys.buffer);
  }

  /**
   * The provisional marks are certain: their transaction is committed.
   * @param now of that transaction. A clock that goes back is no harm.
   */
  settle(now: WindowTime): void {
    this.#settled = this.#young.count;
    this.#youngSince ??= now;
    const isOver = ageMs(this.#youngSince, now) >= this.#limits.windowMs;
    if (!isOver && this.#young.count < this.#limits.idsMax / 2) return;
    if (this.#old.count > 0) this.#heldMs = this.#heldAt(now, this.#youngSince);
    this.#old = this.#young;
    this.#oldSince = this.#youngSince;
    this.#young = this.#generation();
    this.#youngSince = now;
    this.#settled = 0;
  }

  /** Forgets the provisional marks: their transaction is certainly not committed. */
  undo(): void {
    this.#young.truncate(this.#settled);
  }

  /** Marks and settles what an earlier owner committed (one record of events.seen). */
  restore(keys: Uint8Array, now: WindowTime): void {
    const words = new Uint32Array(keys.length / 4);
    new Uint8Array(words.buffer).set(keys); // aligned
    for (let at = 0; at < words.length; at += keyWords) this.mark(words.subarray(at, at + keyWords));
    this.settle(now);
  }

  get windowMs(): number {
    return this.#limits.windowMs;
  }

  /**
   * For how long the ids that were forgotten last had been remembered at least, ms: `windowMs`, unless they
   * had to go early because `idsMax` is too small for what comes.
   */
  get heldMs(): number {
    return this.#heldMs;
  }

  get ids(): number {
    return this.#young.count + this.#old.count;
  }

  get bytes(): number {
    return this.#young.bytes + this.#old.bytes;
  }

  /** What the window may grow to, apart from the ids of one transaction. */
  get bytesMax(): number {
    return this.#limits.idsMax * bytesPerId;
  }

  /** Since when every id is remembered, by the filter's clock; undefined when nothing was settled yet. */
  get sinceMs(): number | undefined {
    return (this.#oldSince ?? this.#youngSince)?.commitMs;
  }

  /**
   * The youngest of the old generation came just before the young one began. By the Receivers' clocks: from
   * one try of a client to the next one the time is theirs. The filter's is too short while it works off a
   * backlog, which costs no client its window.
   */
  #heldAt(now: WindowTime, youngSince: WindowTime): number {
    return Math.max(0, Math.min(this.#limits.windowMs, now.streamMs - youngSince.streamMs));
  }

  #generation(): DedupGeneration {
    return new DedupGeneration(Math.max(1, Math.floor(this.#limits.idsMax / 2)), this.#seed);
  }
}

/** 24 of its key and content, 8 of the index. */
const bytesPerId = 32;

export { keyBytes, keyWords };

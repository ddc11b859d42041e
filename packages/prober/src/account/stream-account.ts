import { hops, type Answer, type Expectation, type Finding, type FindingKind, type Hop } from './findings.ts';

/** How many probes of a stream are remembered. A copy that comes later than that is `unmatched`. */
export const windowProbes = 256;

/**
 * What a checkpoint keeps of a stream. Ages are in ms, because a moment of the monotonic clock means
 * nothing to the next process.
 */
export interface StreamState {
  readonly next: number;
  /** Base64 of the flags of the whole window. */
  readonly flags: string;
  readonly swept: readonly number[];
  readonly highest: readonly number[];
  /** Below which sequence a hop has a gap; none in the checkpoints of older versions. */
  readonly gapBefore?: readonly number[];
  /** [sequence, age] of the probes that are not judged at every hop. */
  readonly open: readonly (readonly [sequence: number, ageMs: number])[];
}

const answered = { acknowledged: 1, rejected: 2, unknown: 3 } as const;
const answerMask = 3;
const filteredBit = 1 << 2;
const resentBit = 1 << 3;
const seenBit = (hop: number): number => 1 << (4 + hop);
const lostBit = (hop: number): number => 1 << (8 + hop);
/** It was seen in a log that is gone, and may rightly come once more. */
const againBit = (hop: number): number => 1 << (11 + hop);

/**
 * The account of one stream: probes of one key, numbered from 0, of which one at a time is under way. A
 * ring of flags, so that memory does not grow with uptime, and no verdict from absence alone: `overdue` is
 * told until when each hop is proven to be read.
 *
 * Moments are those of `performance.now()`.
 */
export class StreamAccount {
  readonly #flags = new Uint16Array(windowProbes);
  readonly #sentAt = new Float64Array(windowProbes);
  #next = 0;
  /** Up to which sequence each hop has been judged. */
  readonly #swept: number[] = hops.map(() => 0);
  readonly #highest: number[] = hops.map(() => -1);

  /** What was sent before this sequence may have been in records that were gone before they were read. */
  readonly #gapBefore: number[] = hops.map(() => 0);

  get next(): number {
    return this.#next;
  }

  /** Begins the next probe and gives its sequence. */
  send(expectation: Expectation, now: number): number {
    const sequence = this.#next++;
    this.#flags[sequence % windowProbes] = expectation === 'filtered' ? filteredBit : 0;
    this.#sentAt[sequence % windowProbes] = now;
    // A probe that leaves the window can no longer be judged. With one at a time that takes 256 sends
    // without a proof of any reader.
    for (const hop of this.#swept.keys()) this.#swept[hop] = Math.max(this.#swept[hop]!, this.#oldest());
    return sequence;
  }

  /** The same probe goes once more: from now on two copies in raw are normal. */
  resend(sequence: number): void {
    if (this.#knows(sequence)) this.#flags[sequence % windowProbes]! |= resentBit;
  }

  answer(sequence: number, answer: Answer): void {
    if (this.#knows(sequence)) this.#flags[sequence % windowProbes]! |= answered[answer];
  }

  /** A copy was read at a hop. `matches`: its content is what was sent. */
  arrive(hop: Hop, sequence: number, matches: boolean, now: number): Finding[] {
    if (!this.#knows(sequence)) return [{ kind: 'unmatched', hop, sequence }];
    const slot = sequence % windowProbes;
    const index = hops.indexOf(hop);
    const flags = this.#flags[slot]!;
    const latencyMs = now - this.#sentAt[slot]!;
    const resent = (flags & resentBit) !== 0;
    const found = (kind: FindingKind): Finding => ({ kind, hop, sequence, latencyMs });
    const isAgain = (flags & againBit(index)) !== 0;
    if ((flags & seenBit(index)) !== 0 && !isAgain) {
      return [found(hop === 'raw' && resent ? 'duplicate-after-retry' : 'duplicate')];
    }
    this.#flags[slot] = (flags | seenBit(index)) & ~againBit(index);
    const kinds: FindingKind[] = [];
    if ((flags & answerMask) === answered.rejected) kinds.push('phantom');
    if ((flags & filteredBit) !== 0 && hop !== 'raw') kinds.push('leaked');
    if (!matches) kinds.push('mismatch');
    if ((flags & lostBit(index)) !== 0 && !isAgain) kinds.push('late');
    // A resent probe may rightly come after the one that was sent after its first try.
    if (sequence < this.#highest[index]! && !resent) kinds.push('reordered');
    this.#highest[index] = Math.max(this.#highest[index]!, sequence);
    return kinds.length === 0 ? [found('ok')] : kinds.map(found);
  }

  /**
   * Records of a hop were gone before they were read: what has not been seen there by now cannot be told from
   * lost. `anew`: it is another log, or one that lost its end. What was seen in it was there: the next hop
   * must have it, and here it may rightly come once more.
   */
  gap(hop: Hop, anew: boolean): void {
    const index = hops.indexOf(hop);
    this.#gapBefore[index] = this.#next;
    if (!anew) return;
    for (const [slot, flags] of this.#flags.entries())
      if ((flags & seenBit(index)) !== 0) this.#flags[slot] = flags | againBit(index);
    this.#highest[index] = -1;
  }

  /**
   * Judges what should have arrived. `provenAt` says for each hop up to which moment everything that was
   * written has been read, minus the time a probe may take; -Infinity while the hop is blind. A loss is
   * told once, at the hop where it vanished.
   */
  overdue(provenAt: Readonly<Record<Hop, number>>): Finding[] {
    const findings: Finding[] = [];
    for (const [index, hop] of hops.entries()) {
      let sequence = this.#swept[index]!;
      for (; sequence < this.#next; sequence++) {
        const slot = sequence % windowProbes;
        const flags = this.#flags[slot]!;
        if ((flags & answerMask) === 0 || this.#sentAt[slot]! > provenAt[hop]) break;
        if (index > 0 && sequence >= this.#swept[index - 1]!) break;
        if (!this.#vanished(flags, index)) continue;
        const isKnown = sequence >= this.#gapBefore[index]!;
        if (isKnown) this.#flags[slot]! |= lostBit(index);
        findings.push({ kind: isKnown ? 'lost' : 'unjudged', hop, sequence });
      }
      this.#swept[index] = sequence;
    }
    return findings;
  }

  /**
   * Acknowledged probes that have not reached the last hop, among those not judged yet: what a waiting
   * `once` looks at.
   */
  get open(): number {
    let count = 0;
    for (
      let sequence = Math.max(this.#oldest(), Math.min(...this.#swept));
      sequence < this.#next;
      sequence++
    ) {
      const flags = this.#flags[sequence % windowProbes]!;
      const last = (flags & filteredBit) === 0 ? hops.length - 1 : 0;
      const answer = flags & answerMask;
      if (answer === 0 || (answer === answered.acknowledged && (flags & seenBit(last)) === 0)) count += 1;
    }
    return count;
  }

  state(now: number): StreamState {
    const open: [number, number][] = [];
    for (let sequence = Math.min(...this.#swept); sequence < this.#next; sequence++) {
      open.push([sequence, Math.round(now - this.#sentAt[sequence % windowProbes]!)]);
    }
    const flags = Buffer.from(this.#flags.buffer).toString('base64');
    const [swept, highest, gapBefore] = [[...this.#swept], [...this.#highest], [...this.#gapBefore]];
    return { next: this.#next, flags, swept, highest, gapBefore, open };
  }

  /**
   * `downMs`: how long ago the state was taken. A probe without an answer at that moment is `unknown` for
   * ever.
   */
  restore(state: StreamState, now: number, downMs: number): void {
    this.#next = state.next;
    const flags = Buffer.from(state.flags, 'base64');
    this.#flags.set(new Uint16Array(flags.buffer.slice(flags.byteOffset, flags.byteOffset + flags.length)));
    for (const [index] of hops.entries()) {
      this.#swept[index] = state.swept[index] ?? 0;
      this.#highest[index] = state.highest[index] ?? -1;
      this.#gapBefore[index] = state.gapBefore?.[index] ?? 0;
    }
    for (const [sequence, ageMs] of state.open) {
      this.#sentAt[sequence % windowProbes] = now - downMs - ageMs;
      if ((this.#flags[sequence % windowProbes]! & answerMask) === 0) this.answer(sequence, 'unknown');
    }
  }

  #vanished(flags: number, index: number): boolean {
    if ((flags & answerMask) !== answered.acknowledged || (flags & seenBit(index)) !== 0) return false;
    if (index === 0) return true;
    return (flags & filteredBit) === 0 && (flags & seenBit(index - 1)) !== 0;
  }

  #oldest(): number {
    return Math.max(0, this.#next - windowProbes);
  }

  #knows(sequence: number): boolean {
    return sequence >= this.#oldest() && sequence < this.#next;
  }
}

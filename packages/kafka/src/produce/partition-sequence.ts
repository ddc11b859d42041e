import { producerEpochMax, sequenceAfter } from '../bytes/sequence.ts';
import { inFlightMax } from './partition-queue.ts';

/** Where a partition's epoch and sequence begin. */
export interface SequenceStart {
  readonly producerEpoch: number;
  readonly nextSequence: number;
}

interface Identity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

type State =
  /** Nothing was sent to the partition yet. */
  | { readonly kind: 'unused' }
  /** No batch of this epoch was acknowledged yet. */
  | (Identity & { readonly kind: 'unproven'; readonly nextSequence: number })
  /** The broker has a batch of this epoch. */
  | (Identity & { readonly kind: 'proven'; readonly nextSequence: number })
  /** There is a gap. Sending stops until nothing is in flight, and then goes on under the next epoch. */
  | (Identity & { readonly kind: 'broken' })
  /** The epochs of the producer id are used up. A new producer id is on its way. */
  | { readonly kind: 'renewing' };

/**
 * Producer id, epoch and sequence of one partition. Each partition has an epoch of its own, so that mending
 * one does not disturb the others.
 *
 * A broker without state for (producer id, epoch, partition) accepts any first sequence. If two batches were
 * in flight and the first got lost, it would store the second and refuse the first for ever. So the first
 * batch of an epoch goes alone.
 */
export class PartitionSequence {
  readonly #start: SequenceStart;
  #state: State = { kind: 'unused' };

  constructor(start: SequenceStart) {
    this.#start = start;
  }

  /** How many batches may be in flight. */
  get inFlightMax(): number {
    switch (this.#state.kind) {
      case 'unused':
      case 'unproven':
        return 1;
      case 'proven':
        return inFlightMax;
      case 'broken':
      case 'renewing':
        return 0;
    }
  }

  /** Whether it waits for `nextEpoch`. */
  get isBroken(): boolean {
    return this.#state.kind === 'broken';
  }

  /**
   * The identity and the base sequence for the next batch, of `count` records. A new partition takes
   * `producerId`.
   */
  stamp(count: number, producerId: bigint): Identity & { baseSequence: number } {
    if (this.#state.kind === 'unused') this.#state = { kind: 'unproven', producerId, ...this.#start };
    const state = this.#state;
    if (state.kind === 'broken' || state.kind === 'renewing') {
      throw new Error(`nothing may be sent while a sequence is ${state.kind}`);
    }
    this.#state = { ...state, nextSequence: sequenceAfter(state.nextSequence, count) };
    return {
      producerId: state.producerId,
      producerEpoch: state.producerEpoch,
      baseSequence: state.nextSequence,
    };
  }

  /** A batch was acknowledged. */
  written(): void {
    if (this.#state.kind === 'unproven') this.#state = { ...this.#state, kind: 'proven' };
  }

  /** There is a gap from now on. Nothing can break before something was sent. */
  break(): void {
    const state = this.#state;
    if (state.kind !== 'unproven' && state.kind !== 'proven') return;
    const { producerId, producerEpoch } = state;
    this.#state = { kind: 'broken', producerId, producerEpoch };
  }

  /** Mends a broken sequence. 'ready': sending may go on. 'exhausted': it needs `renew` first. */
  nextEpoch(): 'ready' | 'exhausted' {
    if (this.#state.kind !== 'broken') return 'ready';
    const { producerId, producerEpoch } = this.#state;
    if (producerEpoch >= producerEpochMax) {
      this.#state = { kind: 'renewing' };
      return 'exhausted';
    }
    this.#state = { kind: 'unproven', producerId, producerEpoch: producerEpoch + 1, nextSequence: 0 };
    return 'ready';
  }

  renew(producerId: bigint): void {
    this.#state = { kind: 'unproven', producerId, producerEpoch: 0, nextSequence: 0 };
  }
}

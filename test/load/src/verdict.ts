import { indexOfEventId } from './event-ids.ts';
import type { Ledger } from './ledger.ts';

export interface Verdict {
  /** Acknowledged, expected clean, and seen. */
  arrived: number;
  /** Acknowledged and expected, yet not there. */
  lost: number;
  /** Copies beyond the first. */
  doubled: number;
  /** There though it was to be rejected, or of no planned event, or of an event that was refused. */
  phantom: number;
  /** Behind a later event of the same key. */
  outOfOrder: number;
  /** Some of each kind, in words. */
  examples: string[];
}

const examplesMax = 20;

/**
 * Compares what a reader of the master sees with the ledger, id by id. Feed it in the order of each
 * partition.
 */
export class MasterVerifier {
  readonly #ledger: Ledger;
  readonly #seen: Uint8Array;
  readonly #lastOfClient: Float64Array;
  readonly #examples: string[] = [];
  #doubled = 0;
  #phantom = 0;
  #outOfOrder = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
    this.#seen = new Uint8Array(ledger.header.events);
    this.#lastOfClient = new Float64Array(ledger.header.clients).fill(-1);
  }

  /** `id`: the 16 bytes of event_id. `place`: for examples. Events of other runs are passed over. */
  saw(id: Uint8Array, place: string): void {
    const event = indexOfEventId(this.#ledger.header.seed, id);
    if (event < 0) return;
    if (event >= this.#ledger.header.events) {
      this.#phantom++;
      this.#example(`event ${event} at ${place} was never planned`);
      return;
    }
    const before = this.#seen[event] ?? 0;
    this.#seen[event] = Math.min(255, before + 1);
    if (before > 0) {
      this.#doubled++;
      this.#example(`event ${event} is doubled at ${place}`);
      return;
    }
    if (this.#ledger.expectation(event) === 'rejected' || this.#ledger.outcome(event) === 'refused') {
      this.#phantom++;
      this.#example(`event ${event} at ${place} should have been rejected or was refused`);
    }
    const client = this.#ledger.client(event);
    if (event < (this.#lastOfClient[client] ?? -1)) {
      this.#outOfOrder++;
      this.#example(
        `event ${event} at ${place} stands behind event ${this.#lastOfClient[client]} of its key`,
      );
    }
    this.#lastOfClient[client] = Math.max(event, this.#lastOfClient[client] ?? -1);
  }

  verdict(): Verdict {
    let arrived = 0;
    let lost = 0;
    for (let event = 0; event < this.#ledger.header.events; event++) {
      if (this.#ledger.outcome(event) !== 'acknowledged' || this.#ledger.expectation(event) !== 'clean')
        continue;
      if ((this.#seen[event] ?? 0) > 0) {
        arrived++;
      } else {
        lost++;
        this.#example(`event ${event} was acknowledged and is not there`);
      }
    }
    return {
      arrived,
      lost,
      doubled: this.#doubled,
      phantom: this.#phantom,
      outOfOrder: this.#outOfOrder,
      examples: this.#examples,
    };
  }

  #example(text: string): void {
    if (this.#examples.length < examplesMax) this.#examples.push(text);
  }
}

/** Nothing lost, doubled, invented or out of order. */
export function isClean({ lost, doubled, phantom, outOfOrder }: Verdict): boolean {
  return lost + doubled + phantom + outOfOrder === 0;
}

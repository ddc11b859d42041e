import { indexOfEventId } from '../plan/event-ids.ts';
import type { Ledger } from '../ledger.ts';
import type { DatacenterSightings } from './datacenter-sightings.ts';
import type { Hop } from './hop.ts';

export interface Verdict {
  /** Acknowledged, expected clean, and seen. */
  arrived: number;
  /** Acknowledged and expected, yet not there. */
  lost: number;
  /** Of the lost: after which hop they are no longer there. Unknown without a look at the datacenter. */
  lostIn: Partial<Record<Hop, number>>;
  /** Copies beyond the first. */
  doubled: number;
  /** Other bytes than in the datacenter's clean topic. Nothing is compared without a look there. */
  changed: number;
  /** There though it was to be rejected, or of no planned event, or of an event that was refused. */
  phantom: number;
  /** After a later event of the same key. */
  outOfOrder: number;
  /** Acknowledged events that were to be rejected. */
  toBeRejected: number;
  /** Of those, how many are in the rejected topic; undefined without a look at the datacenter. */
  rejected: number | undefined;
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
  readonly #datacenter: DatacenterSightings | undefined;
  readonly #seen: Uint8Array;
  readonly #lastOfClient: Float64Array;
  readonly #examples: string[] = [];
  #doubled = 0;
  #changed = 0;
  #phantom = 0;
  #outOfOrder = 0;

  /** `datacenter` is what was seen on the way, if somebody has looked. */
  constructor(ledger: Ledger, datacenter?: DatacenterSightings) {
    this.#ledger = ledger;
    this.#datacenter = datacenter;
    this.#seen = new Uint8Array(ledger.header.events);
    this.#lastOfClient = new Float64Array(ledger.header.clients).fill(-1);
  }

  /**
   * `id`: the 16 bytes of event_id. `place`: for examples. `value`: the whole record, to be compared.
   * Events of other runs are passed over.
   */
  saw(id: Uint8Array, place: string, value?: Uint8Array): void {
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
    if (value && this.#datacenter?.differs(event, value)) {
      this.#changed++;
      this.#example(`event ${event} at ${place} is not what the datacenter has`);
    }
    const client = this.#ledger.client(event);
    if (event < (this.#lastOfClient[client] ?? -1)) {
      this.#outOfOrder++;
      this.#example(`event ${event} at ${place} comes after event ${this.#lastOfClient[client]} of its key`);
    }
    this.#lastOfClient[client] = Math.max(event, this.#lastOfClient[client] ?? -1);
  }

  verdict(): Verdict {
    const lostIn: Partial<Record<Hop, number>> = {};
    let [arrived, lost, toBeRejected, rejected] = [0, 0, 0, 0];
    for (let event = 0; event < this.#ledger.header.events; event++) {
      if (this.#ledger.outcome(event) !== 'acknowledged') continue;
      if (this.#ledger.expectation(event) === 'rejected') {
        toBeRejected++;
        if (this.#datacenter?.isRejected(event)) rejected++;
        else if (this.#datacenter) this.#example(`event ${event} was to be rejected and is not there`);
      } else if ((this.#seen[event] ?? 0) > 0) {
        arrived++;
      } else {
        lost++;
        const hop = this.#datacenter?.lastHop(event) ?? 'unknown';
        lostIn[hop] = (lostIn[hop] ?? 0) + 1;
        const where = hop === 'unknown' ? '' : `: it did not come out of the ${hop}`;
        this.#example(`event ${event} was acknowledged and is not there${where}`);
      }
    }
    return {
      ...{ arrived, lost, lostIn, doubled: this.#doubled, changed: this.#changed, phantom: this.#phantom },
      ...{ outOfOrder: this.#outOfOrder, toBeRejected },
      rejected: this.#datacenter ? rejected : undefined,
      examples: this.#examples,
    };
  }

  #example(text: string): void {
    if (this.#examples.length < examplesMax) this.#examples.push(text);
  }
}

/**
 * Something was acknowledged, nothing of it is lost, doubled, changed, invented or out of order, and what was
 * to be rejected is rejected.
 */
export function isClean(verdict: Verdict): boolean {
  const { lost, doubled, changed, phantom, outOfOrder, toBeRejected, rejected = toBeRejected } = verdict;
  const wrong = lost + doubled + changed + phantom + outOfOrder;
  return wrong === 0 && rejected === toBeRejected && !isEmpty(verdict);
}

/** Nothing was promised, so that nothing can be said of the promise. */
export function isEmpty({ arrived, lost, toBeRejected }: Verdict): boolean {
  return arrived + lost + toBeRejected === 0;
}

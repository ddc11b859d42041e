import type { Answer, Expectation, Finding, Hop } from './findings.ts';
import { StreamAccount, type StreamState } from './stream-account.ts';

/** One thing found, and where. */
export interface Located extends Finding {
  readonly datacenter: string;
  readonly stream: number;
}

/**
 * What happened, in its order: enough to reach every verdict again (`verify`). Moments are ms on the
 * prober's monotonic clock.
 */
export type HistoryEntry =
  | { at: number; did: 'send'; stream: number; sequence: number; expectation: Expectation }
  | { at: number; did: 'resend'; stream: number; sequence: number }
  | { at: number; did: 'answer'; stream: number; sequence: number; answer: Answer }
  | { at: number; did: 'arrive'; stream: number; sequence: number; hop: Hop; matches: boolean }
  | { at: number; did: 'gap'; datacenter: string; hop: Hop; anew: boolean }
  | { at: number; did: 'prove'; datacenter: string; provenAt: Readonly<Record<Hop, number>> };

export interface ProbeAccountOptions {
  /** Datacenter of each stream, by its number. */
  readonly datacenterOf: readonly string[];
  onFinding(found: Located): void;
  /** Called for each entry before it takes effect. */
  onHistory?(entry: HistoryEntry): void;
}

/**
 * The accounts of all streams. Every change is one history entry, so a recorded run gives the same findings
 * when it is replayed.
 */
export class ProbeAccount {
  readonly #options: ProbeAccountOptions;
  readonly #streams: readonly StreamAccount[];
  /** By datacenter: how its probes were answered in the end. */
  readonly #answers: ReadonlyMap<string, Record<Answer, number>>;

  /** By datacenter and hop: probes that may be lost or not. */
  readonly #unjudged = new Map<string, number>();

  constructor(options: ProbeAccountOptions) {
    this.#options = options;
    this.#streams = options.datacenterOf.map(() => new StreamAccount());
    this.#answers = new Map(
      options.datacenterOf.map((name) => [name, { acknowledged: 0, rejected: 0, unknown: 0 }]),
    );
  }

  nextOf(stream: number): number {
    return this.#at(stream).next;
  }

  apply(entry: HistoryEntry): void {
    this.#options.onHistory?.(entry);
    if (entry.did === 'prove' || entry.did === 'gap') {
      for (const [stream, account] of this.#streams.entries()) {
        if (this.#options.datacenterOf[stream] !== entry.datacenter) continue;
        if (entry.did === 'gap') account.gap(entry.hop, entry.anew);
        else this.#tell(stream, account.overdue(entry.provenAt));
      }
      return;
    }
    const account = this.#at(entry.stream);
    switch (entry.did) {
      case 'send':
        account.send(entry.expectation, entry.at);
        break;
      case 'resend':
        account.resend(entry.sequence);
        break;
      case 'answer':
        account.answer(entry.sequence, entry.answer);
        this.#answers.get(this.#options.datacenterOf[entry.stream]!)![entry.answer] += 1;
        break;
      default:
        this.#tell(entry.stream, account.arrive(entry.hop, entry.sequence, entry.matches, entry.at));
    }
  }

  /** How many acknowledged probes have neither reached their last hop nor been judged there. */
  get open(): number {
    return this.#streams.reduce((sum, account) => sum + account.open, 0);
  }

  /**
   * Why this account says nothing for the pipeline, however few of its probes were lost: a datacenter that
   * acknowledged none has promised nothing, one that refuses a sound probe refuses events, and nobody has
   * seen what was in records that were gone.
   */
  get doubts(): string[] {
    const unjudged = [...this.#unjudged].map(
      ([where, probes]) =>
        `${where}: ${probes} probes cannot be judged, records were gone before they were read`,
    );
    const unanswered = [...this.#answers].flatMap(([name, { acknowledged, rejected, unknown }]) => {
      const refused = rejected > 0 ? [`${rejected} probes were refused`] : [];
      const silent = unknown > 0 ? [`${unknown} had no definite answer`] : [];
      if (acknowledged === 0)
        return [`${name}: ${['none was acknowledged', ...refused, ...silent].join(', ')}`];
      return refused.map((one) => `${name}: ${one}`);
    });
    return [...unanswered, ...unjudged];
  }

  state(now: number): StreamState[] {
    return this.#streams.map((account) => account.state(now));
  }

  restore(states: readonly StreamState[], now: number, downMs: number): void {
    for (const [stream, state] of states.entries()) this.#streams[stream]?.restore(state, now, downMs);
  }

  #tell(stream: number, findings: readonly Finding[]): void {
    const datacenter = this.#options.datacenterOf[stream] ?? '';
    for (const finding of findings) {
      const where = `${datacenter}/${finding.hop}`;
      if (finding.kind === 'unjudged') this.#unjudged.set(where, (this.#unjudged.get(where) ?? 0) + 1);
      this.#options.onFinding({ ...finding, datacenter, stream });
    }
  }

  #at(stream: number): StreamAccount {
    const account = this.#streams[stream];
    if (!account) throw new RangeError(`there is no stream ${stream}`);
    return account;
  }
}

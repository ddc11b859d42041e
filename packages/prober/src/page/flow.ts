import { findingKinds, hops, type FindingKind, type Hop } from '../account/findings.ts';

/** What the page draws of one hop of one datacenter. */
export interface HopView {
  /**
   * Records a second, of everybody, over the last ten seconds; null where they cannot be told apart by
   * datacenter.
   */
  readonly recordsPerSecond: number | null;
  /** From the first send of a probe to its arrival, over the last minute; null: none arrived. */
  readonly medianMs: number | null;
  readonly slowestMs: number | null;
}

/** One second of all datacenters, for the curves. Null: no probe arrived in the master in that second. */
export interface Second {
  /** Counts up by one from 1, so that a viewer can be given what it has not seen. */
  readonly number: number;
  readonly latencyMs: number | null;
  readonly duplicates: number;
  readonly lost: number;
  readonly recordsPerSecond: number;
}

/** Seconds that are kept for the curves: ten minutes. */
export const secondsKept = 600;

const minute = 60;
const rateSeconds = 10;

/** Rates and latencies of the last minutes, in memory of a fixed size. `tick` ends each second. */
export class Flow {
  readonly #datacenters: readonly string[];
  readonly #latencies = new Map<string, number[][]>();
  readonly #records = new Map<string, number[]>();
  readonly #seconds: Second[] = [];
  readonly #totals = new Map<FindingKind, number>(findingKinds.map((kind) => [kind, 0]));
  #ticks = 0;
  #now = { latencies: [] as number[], duplicates: 0, lost: 0, master: 0 };

  constructor(datacenters: readonly string[]) {
    this.#datacenters = datacenters;
    for (const name of datacenters) for (const hop of hops) this.#latencies.set(`${name}/${hop}`, [[]]);
  }

  found(kind: FindingKind, datacenter: string, hop: Hop, latencyMs: number | undefined): void {
    this.#totals.set(kind, (this.#totals.get(kind) ?? 0) + 1);
    if (kind === 'duplicate') this.#now.duplicates += 1;
    if (kind === 'lost') this.#now.lost += 1;
    if (latencyMs === undefined || kind === 'duplicate' || kind === 'duplicate-after-retry') return;
    this.#latencies.get(`${datacenter}/${hop}`)?.[0]?.push(latencyMs);
    if (hop === 'master') this.#now.latencies.push(latencyMs);
  }

  /** Records were read; `name` is that of the watched topic, `fra/clean` or `master`. */
  read(name: string, records: number): void {
    const seconds = this.#records.get(name) ?? [0];
    seconds[0]! += records;
    this.#records.set(name, seconds);
    if (name === 'master') this.#now.master += records;
  }

  tick(): void {
    const { latencies, duplicates, lost, master } = this.#now;
    this.#ticks += 1;
    this.#seconds.push({
      number: this.#ticks,
      latencyMs: median(latencies),
      duplicates,
      lost,
      recordsPerSecond: master,
    });
    if (this.#seconds.length > secondsKept) this.#seconds.shift();
    this.#now = { latencies: [], duplicates: 0, lost: 0, master: 0 };
    for (const seconds of this.#latencies.values()) {
      seconds.unshift([]);
      seconds.length = Math.min(seconds.length, minute + 1);
    }
    for (const seconds of this.#records.values()) {
      seconds.unshift(0);
      seconds.length = Math.min(seconds.length, rateSeconds + 1);
    }
  }

  /** The newest last. */
  get seconds(): readonly Second[] {
    return this.#seconds;
  }

  get totals(): ReadonlyMap<FindingKind, number> {
    return this.#totals;
  }

  view(datacenter: string, hop: Hop): HopView {
    const arrived = (this.#latencies.get(`${datacenter}/${hop}`) ?? []).flat();
    const alone = hop !== 'master' || this.#datacenters.length === 1;
    return {
      recordsPerSecond: alone ? this.rate(hop === 'master' ? 'master' : `${datacenter}/${hop}`) : null,
      medianMs: median(arrived),
      slowestMs: arrived.length === 0 ? null : Math.max(...arrived),
    };
  }

  /** Records a second of a watched topic, over the last full ten seconds. */
  rate(name: string): number {
    const full = (this.#records.get(name) ?? []).slice(1);
    return full.length === 0 ? 0 : full.reduce((sum, count) => sum + count, 0) / full.length;
  }
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)]!;
}

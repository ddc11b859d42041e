import type { FindingKind, Hop } from '../account/findings.ts';

/**
 * What an operator is told about: a broken promise, a hop that cannot be read, or a Receiver that takes
 * nothing.
 */
export type IncidentKind = FindingKind | 'blind' | 'refusing';

/** One thing that is wrong at one place, from its beginning to its end. */
export interface Incident {
  readonly kind: IncidentKind;
  readonly datacenter: string;
  /** Null for a Receiver. */
  readonly hop: Hop | null;
  readonly since: Date;
  /** When it was quiet for long enough; null while it lasts. */
  ended: Date | null;
  count: number;
  /** Ids of the first few probes concerned, or a reason. */
  readonly examples: string[];
}

/** What a checkpoint keeps of an incident that lasts. */
export type LastingIncident = Omit<Incident, 'since' | 'ended'> & {
  readonly since: string;
  /** For how long it has been quiet. */
  readonly quietMs: number;
};

const examplesMax = 5;
const rememberedMax = 50;

/**
 * Incidents that last, and the last few that have ended. The same kind at the same place is one incident
 * until it has been quiet for `quietMs`, so that a bad minute is one alert and not a thousand.
 */
export class Incidents {
  readonly #quietMs: number;
  readonly #onChange: (incident: Incident) => void;
  readonly #lasting = new Map<string, { incident: Incident; lastAt: number }>();
  readonly #ended: Incident[] = [];

  constructor(quietMs: number, onChange: (incident: Incident) => void) {
    this.#quietMs = quietMs;
    this.#onChange = onChange;
  }

  /** It happened (again). `now`: `performance.now()`. */
  happened(
    kind: IncidentKind,
    datacenter: string,
    hop: Hop | null,
    example: string,
    now: number,
    at: Date,
  ): void {
    const key = keyOf(kind, datacenter, hop);
    const known = this.#lasting.get(key);
    if (!known) {
      const incident: Incident = {
        kind,
        datacenter,
        hop,
        since: at,
        ended: null,
        count: 1,
        examples: [example],
      };
      this.#lasting.set(key, { incident, lastAt: now });
      this.#onChange(incident);
      return;
    }
    known.lastAt = now;
    known.incident.count += 1;
    if (known.incident.examples.length < examplesMax && !known.incident.examples.includes(example)) {
      known.incident.examples.push(example);
    }
  }

  /** Ends what has been quiet for long enough. */
  settle(now: number, at: Date): void {
    for (const [key, { incident, lastAt }] of this.#lasting) {
      if (now - lastAt < this.#quietMs) continue;
      this.#lasting.delete(key);
      incident.ended = at;
      this.#ended.unshift(incident);
      if (this.#ended.length > rememberedMax) this.#ended.pop();
      this.#onChange(incident);
    }
  }

  state(now: number): LastingIncident[] {
    return [...this.#lasting.values()].map(({ incident, lastAt }) => {
      const { kind, datacenter, hop, since, count, examples } = incident;
      const quietMs = Math.round(now - lastAt);
      return { kind, datacenter, hop, since: since.toISOString(), count, examples, quietMs };
    });
  }

  /**
   * They go on and are not told anew. The time in which nobody watched is no quiet time: an incident ends
   * only after `quietMs` that were watched.
   */
  restore(state: readonly LastingIncident[], now: number): void {
    for (const { since, quietMs, ...incident } of state) {
      const { kind, datacenter, hop } = incident;
      const restored = { ...incident, since: new Date(since), ended: null };
      this.#lasting.set(keyOf(kind, datacenter, hop), { incident: restored, lastAt: now - quietMs });
    }
  }

  get lasting(): Incident[] {
    return [...this.#lasting.values()].map(({ incident }) => incident);
  }

  /** The newest first. */
  get ended(): readonly Incident[] {
    return this.#ended;
  }
}

function keyOf(kind: IncidentKind, datacenter: string, hop: Hop | null): string {
  return `${kind} ${datacenter} ${hop ?? ''}`;
}

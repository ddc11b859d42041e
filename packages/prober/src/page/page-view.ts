import { findingKinds, hops, violations, type FindingKind } from '../account/findings.ts';
import type { Incident, Incidents } from '../alert/incidents.ts';
import { wallClockMs } from '../wall-clock.ts';
import type { WatchedHop } from '../watch/open-hops.ts';
import type { Flow, HopView } from './flow.ts';

/** What one update of the page says; the page knows nothing else. */
export interface PageView {
  readonly atMs: number;
  /** broken: a promise does not hold now; blind: it cannot be told; kept: all is well. */
  readonly verdict: 'kept' | 'blind' | 'broken';
  readonly datacenters: readonly {
    readonly name: string;
    readonly hops: readonly (HopView & { readonly hop: string; readonly trouble: string | null })[];
  }[];
  readonly masterRecordsPerSecond: number;
  readonly open: number;
  readonly totals: Readonly<Record<string, number>>;
  readonly incidents: { readonly lasting: readonly Incident[]; readonly ended: readonly Incident[] };
}

export interface PageSource {
  readonly datacenters: readonly string[];
  readonly watched: readonly WatchedHop[];
  readonly flow: Flow;
  readonly incidents: Incidents;
  readonly open: number;
}

const incidentsShown = 12;

export function pageView(source: PageSource): PageView {
  const { datacenters, watched, flow, incidents, open } = source;
  const { lasting } = incidents;
  return {
    atMs: wallClockMs(),
    verdict: verdictOf(lasting),
    datacenters: datacenters.map((name) => ({
      name,
      hops: hops.map((hop) => ({ hop, trouble: troubleAt(name, hop), ...flow.view(name, hop) })),
    })),
    masterRecordsPerSecond: flow.rate('master'),
    open,
    totals: Object.fromEntries(findingKinds.map((kind) => [kind, flow.totals.get(kind) ?? 0])),
    incidents: { lasting, ended: incidents.ended.slice(0, incidentsShown) },
  };

  function troubleAt(name: string, hop: string): string | null {
    const lastingHere = lasting.find(
      (one) => (one.datacenter === name || one.datacenter === 'all') && one.hop === hop,
    );
    if (lastingHere) return lastingHere.kind;
    const reader = watched.find((one) => one.hop === hop && one.datacenters.includes(name))?.reader;
    return reader?.trouble ?? null;
  }
}

function verdictOf(lasting: readonly Incident[]): PageView['verdict'] {
  if (lasting.some(({ kind }) => violations.has(kind as FindingKind))) return 'broken';
  return lasting.length > 0 ? 'blind' : 'kept';
}

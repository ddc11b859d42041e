import type { Counter, Histogram, Metrics } from '@penstock/service';
import { findingKinds, hops, type FindingKind, type Hop } from './account/findings.ts';

export interface ProberMetrics {
  found(kind: FindingKind, datacenter: string, hop: Hop): void;
  arrived(datacenter: string, hop: Hop, seconds: number): void;
  answered(datacenter: string, answer: string): void;
  readonly webhookDropped: () => number;
}

const answers = ['acknowledged', 'rejected', 'unknown'] as const;

/** From a tenth of a second to ten minutes: a probe crosses two clusters. */
const arrivalBounds = [0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 120, 300, 600] as const;

export function declareProberMetrics(
  metrics: Metrics,
  datacenters: readonly string[],
  read: { open: () => number; webhookDropped: () => number; unprovenSeconds: () => [string, number][] },
): ProberMetrics {
  const spots = datacenters.flatMap((datacenter) => hops.map((hop) => `${datacenter}/${hop}`));
  const findings = new Map<FindingKind, Counter>(
    findingKinds.map((kind) => [
      kind,
      metrics.counter(`${kind.replaceAll('-', '_')}_total`, `Probes found to be: ${kind}.`, {
        name: 'datacenter/hop',
        values: spots,
      }),
    ]),
  );
  const arrival: Histogram = metrics.histogram(
    'arrival_seconds',
    'From the first send of a probe to its arrival at a hop, by one clock.',
    arrivalBounds,
    { name: 'datacenter/hop', values: spots },
  );
  const sent = metrics.counter('sent_total', 'Probes, by what the Receiver said in the end.', {
    name: 'datacenter/answer',
    values: datacenters.flatMap((datacenter) => answers.map((answer) => `${datacenter}/${answer}`)),
  });
  metrics.gaugeOf('open_probes', 'Acknowledged probes that are neither through nor judged.', read.open);
  metrics.gaugeOf(
    'unproven_seconds',
    'Time since a hop was last read to its end: no verdicts for anything newer.',
    () => read.unprovenSeconds().map(([hop, seconds]) => [{ hop }, seconds]),
  );
  metrics.counterOf(
    'webhook_dropped_total',
    'Alerts that the webhook never took, since the start.',
    read.webhookDropped,
  );
  return {
    found: (kind, datacenter, hop) => findings.get(kind)?.add(1, `${datacenter}/${hop}`),
    arrived: (datacenter, hop, seconds) => arrival.observe(seconds, `${datacenter}/${hop}`),
    answered: (datacenter, answer) => sent.add(1, `${datacenter}/${answer}`),
    webhookDropped: read.webhookDropped,
  };
}

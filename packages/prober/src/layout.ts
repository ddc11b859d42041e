import { routes, type Route } from './probe/probe.ts';

/** One stream of probes: a datacenter, a partition key, and the route that its probes take. */
export interface Stream {
  readonly number: number;
  readonly datacenter: string;
  readonly route: Route;
  readonly partitionKey: string;
}

/**
 * What the numbers of all streams mean. It must not change while a checkpoint is in use: `layoutText` is
 * written into it.
 */
export function layStreams(datacenters: readonly string[], keysPerDatacenter: number): Stream[] {
  return datacenters.flatMap((datacenter, index) =>
    Array.from({ length: keysPerDatacenter }, (_, key) => ({
      number: index * keysPerDatacenter + key,
      datacenter,
      route: routes[key % routes.length]!,
      partitionKey: `${probeKeyMark}${key}`,
    })),
  );
}

export function layoutText(datacenters: readonly string[], keysPerDatacenter: number): string {
  return `${datacenters.join(',')} x ${keysPerDatacenter}`;
}

/**
 * Every record of a probe carries it in its key, after what the Receiver puts in front: others are not
 * looked at.
 */
export const probeKeyMark = 'penstock-probe-';

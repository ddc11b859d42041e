import type { Catalogue } from '@penstock/events';

/**
 * The topics of one filter. Partition p of every output is made from partition p of raw, and from nothing
 * else.
 */
export interface FilterTopics {
  readonly raw: string;
  /** Where events go: first the topic for events that have no route, then each topic that is routed to. */
  readonly clean: readonly [unrouted: string, ...routed: string[]];
  readonly rejected: string;
  readonly seen: string;
  /** Event type to clean topic, for the types that have one of their own. */
  readonly routes: Catalogue['routes'];
}

/** @param names as configured. @param routes of the catalogue. */
export function filterTopics(
  names: { readonly raw: string; readonly clean: string; readonly rejected: string; readonly seen: string },
  routes: Catalogue['routes'],
): FilterTopics {
  const routed = new Set(Object.values(routes));
  routed.delete(names.clean);
  return { ...names, clean: [names.clean, ...routed], routes };
}

/** All topics that the filter writes. */
export function outputsOf({ clean, rejected, seen }: FilterTopics): readonly string[] {
  return [...clean, rejected, seen];
}

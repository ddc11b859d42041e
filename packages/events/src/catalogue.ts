import type { Fix } from './fix.ts';
import type { Format } from './format.ts';
import type { Limits } from './limits.ts';
import type { Rules } from './rules.ts';
import type { Upgrade } from './upgrade.ts';

/**
 * Everything an Input Filter knows about events, as one value: deployers may give their own instead of
 * `builtInCatalogue`, or build on it: `{ ...builtInCatalogue, fixes: [...builtInCatalogue.fixes, ours] }`.
 */
export interface Catalogue {
  readonly formats: readonly Format[];
  /** One from each format to the next; a missing link fails the start. */
  readonly upgrades: readonly Upgrade[];
  /** Applied in this order. */
  readonly fixes: readonly Fix[];
  readonly rules: Rules;
  readonly limits: Limits;
  /** Event types that go to a clean topic of their own: `{ purchase: 'events.purchase' }`. */
  readonly routes: Readonly<Record<string, string>>;
}

/** The catalogue contradicts itself: a missing upgrade, an id used twice, a fix that does not exist. Fails the start. */
export class CatalogueError extends Error {
  override readonly name = 'CatalogueError';
  readonly code = 'CATALOGUE';
  readonly retryable = false;
}

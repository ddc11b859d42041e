import type { Fix } from './fix.ts';
import type { Format } from './format.ts';
import type { Limits } from './limits.ts';
import type { OwnField } from './own-field.ts';
import type { Rules } from './rules.ts';
import type { Upgrade } from './upgrade.ts';

/**
 * Everything that an Input Filter knows about events, as one value. Deployers may replace
 * `builtInCatalogue`, or build on it: `{ ...builtInCatalogue, fixes: [...builtInCatalogue.fixes, ours] }`.
 */
export interface Catalogue {
  readonly formats: readonly Format[];
  /** One from each format to the next. A missing one fails the start. */
  readonly upgrades: readonly Upgrade[];
  /** Applied in this order. */
  readonly fixes: readonly Fix[];
  readonly rules: Rules;
  readonly limits: Limits;
  /** Fields of your own at the end of the schema. They are the same for all events, whatever their route. */
  readonly schemaFields?: readonly OwnField[];
  /** Event types that have a clean topic of their own: `{ purchase: 'events.purchase' }`. */
  readonly routes: Readonly<Record<string, string>>;
}

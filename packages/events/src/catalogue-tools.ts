import { CatalogueError } from './catalogue/catalogue-error.ts';
import { builtInCatalogue } from './built-in-catalogue.ts';
import { valueAt, withProperties, withValueAt } from './fixes/event-paths.ts';
import { examplesIn } from './fixes/example-events.ts';
import { pathsOf } from './fixes/field-paths.ts';
import {
  anyObject,
  anyText,
  finiteNumber,
  objectOf,
  required,
  shortText,
  uuidText,
} from './formats/field-table.ts';
import { strictReader } from './formats/strict-reader.ts';
import { isJsonObject } from './model/json.ts';
import { refuse } from './model/reasons.ts';
import { parseTime } from './normalise/parse-time.ts';

/**
 * What a catalogue of a deployer's own is given: `export default (events) => catalogue`. It promises what
 * `penstock-catalogue.d.ts` says, and nothing else of this package.
 */
export const catalogueTools = {
  builtInCatalogue,
  ...{ valueAt, withValueAt, withProperties, pathsOf, examplesIn },
  ...{ strictReader, required, shortText, anyText, finiteNumber, uuidText, anyObject, objectOf },
  ...{ isJsonObject, refuse, parseTime },
};

export type CatalogueTools = typeof catalogueTools;

/**
 * What the module of a catalogue makes. Whether that is a catalogue is for `checkCatalogue` to say. Throws
 * CatalogueError for a module without the function, and whatever the function throws.
 */
export function madeBy(module: { readonly default?: unknown }): unknown {
  if (typeof module.default !== 'function') {
    throw new CatalogueError(
      'does not default-export a function: ' +
        'write `export default (events) => ({ ...events.builtInCatalogue })`',
    );
  }
  const made: unknown = (module.default as (events: CatalogueTools) => unknown)(catalogueTools);
  if (made instanceof Promise) {
    made.catch(() => undefined); // what it rejects with does not matter any more
    throw new CatalogueError('its function returns a promise: return the catalogue itself');
  }
  if (made === undefined) throw new CatalogueError('its function returns no catalogue');
  return made;
}

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

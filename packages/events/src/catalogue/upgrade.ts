import type { FormatNumber } from '../model/request.ts';
import type { JsonObject } from '../model/json.ts';

/**
 * From a built-in format to the next, or from a deployer's own to any built-in one. Pure, and total over
 * everything that the strict reader of `from` accepts.
 */
export interface Upgrade {
  readonly from: FormatNumber;
  readonly to: FormatNumber;
  readonly up: (event: JsonObject) => JsonObject;
}

export const currentFormat: FormatNumber = 4;

import type { FormatNumber } from '../model/request.ts';
import type { JsonObject } from '../model/json.ts';

/** From one format to the next. Pure, and total over everything that the strict reader of `from` accepts. */
export interface Upgrade {
  readonly from: FormatNumber;
  readonly to: FormatNumber;
  readonly up: (event: JsonObject) => JsonObject;
}

export const currentFormat: FormatNumber = 4;

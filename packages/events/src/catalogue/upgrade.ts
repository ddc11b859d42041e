import type { FormatNumber } from '../model/request.ts';
import type { JsonObject } from '../model/json.ts';

/** From one format to the next: pure, and total over what the strict reader of `from` lets through. */
export interface Upgrade {
  readonly from: FormatNumber;
  readonly to: FormatNumber;
  readonly up: (event: JsonObject) => JsonObject;
}

export const currentFormat: FormatNumber = 4;

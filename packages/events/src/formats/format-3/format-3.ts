import {
  anyObject,
  checkFields,
  fieldTable,
  finiteNumber,
  objectOf,
  required,
  shortText,
  uuidText,
} from '../field-table.ts';
import type { Format } from '../../catalogue/format.ts';
import { clientRule, nameOf } from '../client-fields.ts';

/**
 * Format 3, clients that send in batches: `{ sent_at, client, batch: [event, ...] }`. This is one event of
 * the batch, with what it inherits from the envelope.
 */
export interface Format3 {
  message_id?: string;
  type: string;
  /** Device time, ISO 8601. */
  time?: string;
  /** From the envelope: device time when the batch was sent, ISO 8601. */
  sent_at?: string;
  /** From the envelope. */
  client?: {
    name?: string;
    version?: string;
    platform?: string;
    os?: string;
    os_version?: string;
    locale?: string;
  };
  user_id?: string;
  device_id?: string;
  session_id?: string;
  screen?: { width: number; height: number };
  location?: { lat: number; lon: number; source?: string };
  properties?: Record<string, unknown>;
}

const table = fieldTable({
  message_id: uuidText,
  type: required(shortText),
  time: shortText,
  sent_at: shortText,
  client: clientRule,
  user_id: shortText,
  device_id: shortText,
  session_id: shortText,
  screen: objectOf({ width: required(finiteNumber), height: required(finiteNumber) }),
  location: objectOf({ lat: required(finiteNumber), lon: required(finiteNumber), source: shortText }),
  properties: anyObject,
});

export const format3: Format = {
  number: 3,
  looksLike: (event) => typeof event.type === 'string',
  envelope: { array: 'batch', shared: ['sent_at', 'client'] },
  check: (event) => checkFields(event, table),
  clientOf: (event) => nameOf(event.client),
  typeOf: (event) => (typeof event.type === 'string' ? event.type : null),
  timeOf: (event) => event.time,
};

import { clientRule, nameOf } from '../client-fields.ts';
import {
  anyObject,
  checkFields,
  fieldTable,
  finiteNumber,
  objectOf,
  required,
  shortText,
  uuidText,
  type FieldRule,
} from '../field-table.ts';
import type { Format } from '../../catalogue/format.ts';

/**
 * Format 4, the current one, as clients write it: a JSON object, an array or an envelope `{ sent_at,
 * client, events }` of them, NDJSON, or Avro. What the server adds is in `Event`.
 */
export interface Format4 {
  event_id?: string | null;
  event_type: string;
  /** Device time: ISO 8601, or milliseconds since 1970. */
  occurred_at?: string | number | null;
  sent_at?: string | number | null;
  client?: {
    name?: string | null;
    version?: string | null;
    platform?: string | null;
    os?: string | null;
    os_version?: string | null;
    locale?: string | null;
  } | null;
  user_id?: string | null;
  device_id?: string | null;
  session_id?: string | null;
  screen?: { width: number; height: number } | null;
  location?: { lat: number; lon: number; source?: string | null } | null;
  properties?: Record<string, unknown> | null;
}

const time: FieldRule = {
  check: (value) => (typeof value === 'string' ? value.length <= 256 : typeof value === 'number'),
  is: 'a time',
};

const table = fieldTable({
  event_id: uuidText,
  event_type: required(shortText),
  occurred_at: time,
  sent_at: time,
  client: clientRule,
  user_id: shortText,
  device_id: shortText,
  session_id: shortText,
  screen: objectOf({ width: required(finiteNumber), height: required(finiteNumber) }),
  location: objectOf({ lat: required(finiteNumber), lon: required(finiteNumber), source: shortText }),
  properties: anyObject,
});

export const format4: Format = {
  number: 4,
  looksLike: (event) => typeof event.event_type === 'string',
  envelope: { array: 'events', shared: ['sent_at', 'client'] },
  check: (event) => checkFields(event, table),
  clientOf: (event) => nameOf(event.client),
  typeOf: (event) => (typeof event.event_type === 'string' ? event.event_type : null),
  timeOf: (event) => event.occurred_at,
};

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
import { isJsonObject } from '../../model/json.ts';

/** Format 2, the second generation of clients: nested JSON, ISO times, no send time. */
export interface Format2 {
  id?: string;
  /** Event type. */
  event: string;
  /** Device time, ISO 8601. */
  timestamp?: string;
  context?: {
    app?: { name?: string; version?: string };
    device?: {
      id?: string;
      platform?: string;
      os?: string;
      os_version?: string;
      screen?: { width: number; height: number };
    };
    user?: { id?: string };
    session?: { id?: string };
    location?: { latitude: number; longitude: number };
    locale?: string;
  };
  properties?: Record<string, unknown>;
}

/** Early clients of format 2 wrote an empty text for everything that they did not know. */
const object = (rules: Readonly<Record<string, FieldRule>>): FieldRule => objectOf(rules, 'empty is none');

const table = fieldTable(
  {
    id: uuidText,
    event: required(shortText),
    timestamp: shortText,
    context: object({
      app: object({ name: shortText, version: shortText }),
      device: object({
        id: shortText,
        platform: shortText,
        os: shortText,
        os_version: shortText,
        screen: object({ width: required(finiteNumber), height: required(finiteNumber) }),
      }),
      user: object({ id: shortText }),
      session: object({ id: shortText }),
      location: object({ latitude: required(finiteNumber), longitude: required(finiteNumber) }),
      locale: shortText,
    }),
    properties: anyObject,
  },
  null,
  'empty is none',
);

export const format2: Format = {
  number: 2,
  looksLike: (event) => typeof event.event === 'string',
  envelope: null,
  check: (event) => checkFields(event, table),
  clientOf: (event) => {
    const app = isJsonObject(event.context) ? event.context.app : undefined;
    if (!isJsonObject(app)) return { name: null, version: null };
    return {
      name: typeof app.name === 'string' ? app.name : null,
      version: typeof app.version === 'string' ? app.version : null,
    };
  },
  typeOf: (event) => (typeof event.event === 'string' ? event.event : null),
  timeOf: (event) => event.timestamp,
};

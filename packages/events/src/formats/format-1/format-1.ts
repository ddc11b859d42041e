import {
  anyText,
  checkFields,
  fieldTable,
  required,
  shortText,
  uuidText,
  type FieldRule,
} from '../field-table.ts';
import type { Format } from '../../catalogue/format.ts';
import type { JsonObject, JsonValue } from '../../model/json.ts';
import { refuse, type Refusal } from '../../model/reasons.ts';

/**
 * Format 1, of the first web and mobile trackers: flat, with short keys, every value a string, as JSON or
 * as a query string. Keys that start with `p_` are properties.
 */
export interface Format1 {
  /** Event type. */
  e: string;
  eid?: string;
  /** Device time: milliseconds since 1970. */
  dtm?: string;
  /** Client name and version, platform, OS and its version, language. */
  cn?: string;
  cv?: string;
  p?: string;
  os?: string;
  osv?: string;
  lang?: string;
  uid?: string;
  did?: string;
  sid?: string;
  /** Screen: 1920x1080. */
  res?: string;
  lat?: string;
  lon?: string;
  /** A random number that defeats caches. Ignored. */
  z?: string;
  [property: `p_${string}`]: string | undefined;
}

const screenText: FieldRule = {
  check: (value) => typeof value === 'string' && /^\d{1,6}x\d{1,6}$/.test(value),
  is: '<width>x<height>',
};
const degreesText: FieldRule = {
  check: (value) => typeof value === 'string' && /^-?\d{1,3}(\.\d{1,20})?$/.test(value),
  is: 'degrees',
};

const table = fieldTable(
  {
    e: required(shortText),
    eid: uuidText,
    dtm: shortText,
    cn: shortText,
    cv: shortText,
    p: shortText,
    os: shortText,
    osv: shortText,
    lang: shortText,
    uid: shortText,
    did: shortText,
    sid: shortText,
    res: screenText,
    lat: degreesText,
    lon: degreesText,
    z: shortText,
  },
  { prefix: 'p_', rule: anyText },
  'empty is none',
);

export const format1: Format = {
  number: 1,
  looksLike: (event) => typeof event.e === 'string',
  envelope: null,
  check,
  clientOf: (event) => ({
    name: typeof event.cn === 'string' ? event.cn : null,
    version: typeof event.cv === 'string' ? event.cv : null,
  }),
  typeOf: (event) => (typeof event.e === 'string' ? event.e : null),
  timeOf: (event) => event.dtm,
};

function check(event: JsonObject): Refusal | null {
  if (isNone(event.lat) !== isNone(event.lon))
    return refuse('missing-field', 'one of lat and lon is missing');
  // As a property it would be __proto__, which no object can safely hold.
  if (Object.hasOwn(event, 'p___proto__')) return refuse('invalid-field', 'a property is named __proto__');
  return checkFields(event, table);
}

function isNone(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || value === '';
}

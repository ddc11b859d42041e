import type { Format } from '../catalogue/format.ts';
import { format1 } from '../formats/format-1/format-1.ts';
import { format2 } from '../formats/format-2/format-2.ts';
import { format3 } from '../formats/format-3/format-3.ts';
import { format4 } from '../formats/format-4/format-4.ts';
import { KeyTable } from './key-table.ts';
import { slot } from './slots.ts';

/**
 * What the one-pass reader expects under a key. `text` is written to the record as it is, so it must need no
 * trimming; `raw` may; `time` is a text, or a number of milliseconds where the format allows it.
 */
export type FieldKind = 'uuid' | 'text' | 'raw' | 'time' | 'number' | 'object' | 'properties';

export interface FieldShape {
  readonly kind: FieldKind;
  readonly slot: number;
  /** Of an object. */
  readonly keys: ObjectKeys;
}

export type ObjectKeys = KeyTable<FieldShape>;

/** One format as the one-pass reader knows it: the part of it in which healthy events keep. */
export interface FormatShape {
  readonly format: Format;
  readonly keys: ObjectKeys;
  /** Times may be numbers of milliseconds, not only texts. */
  readonly numericTimes: boolean;
  /** Keys that begin with `p_` are properties. */
  readonly flatProperties: boolean;
}

const noKeys: ObjectKeys = new KeyTable([]);

type Shapes = Readonly<Record<string, FieldShape>>;

function table(shapes: Shapes): ObjectKeys {
  return new KeyTable(Object.entries(shapes));
}

function field(kind: FieldKind, of: number): FieldShape {
  return { kind, slot: of, keys: noKeys };
}

function object(of: number, shapes: Shapes): FieldShape {
  return { kind: 'object', slot: of, keys: table(shapes) };
}

const uuid = field('uuid', slot.id);
const type = field('text', slot.type);
const time = field('time', slot.time);
const properties = field('properties', slot.properties);
const screen = object(slot.screen, {
  width: field('number', slot.width),
  height: field('number', slot.height),
});

/** What formats 3 and 4 call by the same names. */
const people: Shapes = {
  sent_at: field('time', slot.sent),
  client: object(slot.client, {
    name: field('text', slot.name),
    version: field('text', slot.version),
    platform: field('text', slot.platform),
    os: field('text', slot.os),
    os_version: field('text', slot.osVersion),
    locale: field('text', slot.locale),
  }),
  user_id: field('text', slot.user),
  device_id: field('text', slot.device),
  session_id: field('text', slot.session),
  screen,
  location: object(slot.location, {
    lat: field('number', slot.lat),
    lon: field('number', slot.lon),
    source: field('text', slot.source),
  }),
  properties,
};

const shape1: FormatShape = {
  format: format1,
  keys: table({
    e: type,
    eid: uuid,
    dtm: time,
    cn: field('text', slot.name),
    cv: field('text', slot.version),
    p: field('text', slot.platform),
    os: field('text', slot.os),
    osv: field('text', slot.osVersion),
    lang: field('text', slot.locale),
    uid: field('text', slot.user),
    did: field('text', slot.device),
    sid: field('text', slot.session),
    res: field('raw', slot.screenText),
    lat: field('raw', slot.latText),
    lon: field('raw', slot.lonText),
    z: field('raw', slot.ignored),
  }),
  ...{ numericTimes: false, flatProperties: true },
};

const shape2: FormatShape = {
  format: format2,
  keys: table({
    id: uuid,
    event: type,
    timestamp: time,
    context: object(slot.context, {
      app: object(slot.client, {
        name: field('text', slot.name),
        version: field('text', slot.version),
      }),
      device: object(slot.deviceObject, {
        id: field('text', slot.device),
        platform: field('text', slot.platform),
        os: field('text', slot.os),
        os_version: field('text', slot.osVersion),
        screen,
      }),
      user: object(slot.userObject, { id: field('text', slot.user) }),
      session: object(slot.sessionObject, { id: field('text', slot.session) }),
      location: object(slot.location, {
        latitude: field('number', slot.lat),
        longitude: field('number', slot.lon),
      }),
      locale: field('text', slot.locale),
    }),
    properties,
  }),
  ...{ numericTimes: false, flatProperties: false },
};

const shape3: FormatShape = {
  format: format3,
  keys: table({ message_id: uuid, type, time, ...people }),
  ...{ numericTimes: false, flatProperties: false },
};

const shape4: FormatShape = {
  format: format4,
  keys: table({ event_id: uuid, event_type: type, occurred_at: time, ...people }),
  ...{ numericTimes: true, flatProperties: false },
};

export const formatShapes: readonly FormatShape[] = [shape1, shape2, shape3, shape4];

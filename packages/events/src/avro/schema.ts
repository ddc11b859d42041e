/** The parts of Avro's schema language that are used here. */
export type AvroSchema = string | readonly AvroSchema[] | AvroRecord | AvroOther;

export interface AvroRecord {
  readonly type: 'record';
  readonly name: string;
  readonly namespace?: string;
  readonly doc?: string;
  readonly fields: readonly AvroField[];
}

export interface AvroField {
  readonly name: string;
  readonly type: AvroSchema;
  readonly default?: unknown;
  readonly doc?: string;
}

interface AvroOther {
  readonly type: string;
  readonly name?: string;
  readonly size?: number;
  readonly symbols?: readonly string[];
  readonly values?: AvroSchema;
  readonly items?: AvroSchema;
  readonly logicalType?: string;
}

const timestamp: AvroSchema = { type: 'long', logicalType: 'timestamp-millis' };

/** The fields that come from the client. Both schemas have them, in this order. */
const eventId: AvroField = {
  name: 'event_id',
  type: { type: 'fixed', name: 'EventId', size: 16 },
  doc: 'UUID',
};
const client = record(
  'Client',
  ['name', 'version', 'platform', 'os', 'os_version', 'locale'].map(optionalText),
);
const screen = record('Screen', [
  { name: 'width', type: 'int' },
  { name: 'height', type: 'int' },
]);
const location = record('Location', [
  { name: 'lat', type: 'double' },
  { name: 'lon', type: 'double' },
  optionalText('source'),
]);
const properties: AvroField = {
  name: 'properties',
  type: { type: 'map', values: ['null', 'boolean', 'double', 'string'] },
  default: {},
};
const fromClient: readonly AvroField[] = [
  { name: 'client', type: client },
  ...['user_id', 'device_id', 'session_id'].map(optionalText),
  optional('screen', { ...screen, doc: 'Pixels' }),
  optional('location', { ...location, doc: 'Degrees, as the client sent them' }),
];

/** The same as schema/event-4.avsc, which is for readers in other languages. A test keeps the two equal. */
export const eventSchema: AvroRecord = {
  ...record('Event', [
    eventId,
    { name: 'event_type', type: 'string' },
    { ...optionalText('occurred_at_raw'), doc: "The client's word, as sent" },
    ...fromClient,
    {
      ...properties,
      doc:
        'Nested values are JSON text. ' +
        'The last field that comes from the client: the content hash ends here.',
    },
    { name: 'tenant', type: 'string' },
    { name: 'source_format', type: 'int', doc: 'The format the client wrote' },
    { name: 'occurred_at', type: timestamp, doc: 'Corrected' },
    optional('sent_at', timestamp),
    { name: 'received_at', type: timestamp },
    {
      name: 'time_quality',
      type: { type: 'enum', name: 'TimeQuality', symbols: ['trusted', 'corrected', 'server', 'clamped'] },
    },
    {
      name: 'net',
      type: record('Net', [{ ...optionalText('ip'), doc: 'Anonymised' }, optionalText('user_agent')]),
    },
    optional(
      'geo',
      record('Geo', [
        ...['country', 'region', 'city'].map(optionalText),
        optional('lat', 'double'),
        optional('lon', 'double'),
        optional('asn', 'long'),
        ...['as_org', 'database'].map(optionalText),
      ]),
    ),
    { name: 'fixes', type: { type: 'array', items: 'string' }, default: [] },
    {
      name: 'origin',
      type: record('Origin', [
        ...['dc', 'receiver', 'request_id', 'topic'].map((name) => ({ name, type: 'string' })),
        { name: 'partition', type: 'int' },
        { name: 'offset', type: 'long' },
        { name: 'index', type: 'int' },
      ]),
    },
  ]),
  namespace: 'penstock',
  doc:
    'A clean event. event_id comes first and has a fixed size, ' +
    'so that it is read at byte 10 of any record.',
};

/** The same as schema/client-event-4.avsc: what clients post as avro/binary. */
export const clientEventSchema: AvroRecord = {
  ...record('ClientEvent', [
    eventId,
    { name: 'event_type', type: 'string' },
    optional('occurred_at', timestamp),
    optional('sent_at', timestamp),
    ...fromClient,
    properties,
  ]),
  namespace: 'penstock',
  doc:
    'What a client posts as avro/binary: one or more single-object records of this schema, ' +
    'one after the other.',
};

function record(name: string, fields: readonly AvroField[]): AvroRecord {
  return { type: 'record', name, fields };
}

function optional(name: string, type: AvroSchema): AvroField {
  return { name, type: ['null', type], default: null };
}

function optionalText(name: string): AvroField {
  return optional(name, 'string');
}

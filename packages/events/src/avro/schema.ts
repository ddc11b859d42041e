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
  type: { type: 'fixed', name: 'EventId', size: 16, logicalType: 'uuid' },
  doc: 'UUID, from the client or derived from what the event says. The same for every try of one event.',
};
const eventType: AvroField = {
  name: 'event_type',
  type: 'string',
  doc: 'What happened: page_view, purchase, ...',
};
const client: AvroField = {
  name: 'client',
  type: record('Client', [
    optionalText('name', 'Name of the program that sent the event'),
    optionalText('version', 'Its version, as it says'),
    optionalText('platform', 'web, ios, android, ...'),
    optionalText('os', 'Operating system'),
    optionalText('os_version', 'Version of the operating system'),
    optionalText('locale', 'Language and country: de-DE'),
  ]),
  doc: 'The program that sent the event',
};
const screen: AvroSchema = {
  ...record('Screen', [
    { name: 'width', type: 'int', doc: 'From 1 to 100 000' },
    { name: 'height', type: 'int', doc: 'From 1 to 100 000' },
  ]),
  doc: 'Pixels',
};
const location: AvroSchema = {
  ...record('Location', [
    { name: 'lat', type: 'double', doc: 'Latitude, -90 to 90' },
    { name: 'lon', type: 'double', doc: 'Longitude, -180 to 180' },
    optionalText('source', 'Where the client has it from: gps, network, ...'),
  ]),
  doc: 'Degrees, as the client sent them',
};
const properties: AvroField = {
  name: 'properties',
  type: { type: 'map', values: ['null', 'boolean', 'double', 'string'] },
  default: {},
};
const fromClient: readonly AvroField[] = [
  client,
  optionalText('user_id', 'User, as the client knows one'),
  optionalText('device_id', 'Device or browser'),
  optionalText('session_id', 'Visit or run of the program'),
  optional('screen', screen, 'Screen of the device'),
  optional(
    'location',
    location,
    'Position of the device, as the client sent it. See geo for that of its address',
  ),
];

/** What the server adds, after everything that the client said. */
const fromServer: readonly AvroField[] = [
  { name: 'tenant', type: 'string', doc: 'Whose event it is, by the API key of the request' },
  {
    name: 'source_format',
    type: 'int',
    doc: 'The format that the client wrote: 1 to 4, or 100 and more: one of your own',
  },
  { name: 'occurred_at', type: timestamp, doc: 'When it happened, corrected: see time_quality' },
  optional('sent_at', timestamp, 'When the client sent it, by its own clock'),
  { name: 'received_at', type: timestamp, doc: 'When the Receiver took it, by its clock' },
  {
    name: 'time_quality',
    type: { type: 'enum', name: 'TimeQuality', symbols: ['trusted', 'corrected', 'server', 'clamped'] },
    doc:
      'trusted: occurred_at is the time of the client. corrected: moved by the difference of the clocks. ' +
      'server: received_at replaces it. clamped: moved to the edge of the window',
  },
  {
    name: 'net',
    type: record('Net', [
      optionalText('ip', 'Address of the client, anonymised unless configured otherwise'),
      optionalText('user_agent', 'Header User-Agent of the request'),
    ]),
    doc: 'The connection that brought the event',
  },
  optional(
    'geo',
    record('Geo', [
      optionalText('country', 'ISO 3166-1 code: DE'),
      optionalText('region', 'Name of the region'),
      optionalText('city', 'Name of the city'),
      optional('lat', 'double', 'Latitude of the city or region'),
      optional('lon', 'double', 'Longitude of the city or region'),
      optional('asn', 'long', 'Number of the autonomous system'),
      optionalText('as_org', 'Who runs the autonomous system'),
      optionalText('database', 'Names and builds of the databases that answered'),
    ]),
    'Where the address of the client is. Null without a database or an answer',
  ),
  {
    name: 'fixes',
    type: { type: 'array', items: 'string' },
    default: [],
    doc: 'Ids of the fixes and normalisations that changed the event, in order. New ones may appear.',
  },
  { name: 'origin', type: origin(), doc: 'Where the event came in. It leads back to the raw record' },
];

function origin(): AvroRecord {
  return record('Origin', [
    { name: 'dc', type: 'string', doc: 'Datacenter of the Receiver' },
    { name: 'receiver', type: 'string', doc: 'Name of the Receiver' },
    { name: 'request_id', type: 'string', doc: 'Id of the request, which the answer to the client has too' },
    { name: 'topic', type: 'string', doc: 'Topic of the raw record' },
    { name: 'partition', type: 'int', doc: 'Partition of the raw record' },
    { name: 'offset', type: 'long', doc: 'Offset of the raw record' },
    { name: 'index', type: 'int', doc: 'Position of the event in its request, from 0' },
    optional(
      'attempt',
      'int',
      'Which try of the request this was, as the client counts them (header x-attempt)',
    ),
  ]);
}

/** The same as schema/event-4.avsc, which is for readers in other languages. A test keeps the two equal. */
export const eventSchema: AvroRecord = {
  ...record('Event', [
    eventId,
    eventType,
    optionalText('occurred_at_raw', 'When it happened, exactly as the client wrote it'),
    ...fromClient,
    {
      ...properties,
      doc:
        'What the client adds about the event. Nested values are their JSON text. ' +
        'The last field that comes from the client: the content hash ends here.',
    },
    ...fromServer,
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
    eventType,
    optional('occurred_at', timestamp, 'When it happened, by the clock of the client'),
    optional('sent_at', timestamp, 'When the client sends it, by the same clock'),
    ...fromClient,
    { ...properties, doc: 'Whatever else the client wants to say. Nested values: as JSON text' },
  ]),
  namespace: 'penstock',
  doc:
    'What a client posts as avro/binary: one or more single-object records of this schema, ' +
    'one after the other.',
};

function record(name: string, fields: readonly AvroField[]): AvroRecord {
  return { type: 'record', name, fields };
}

function optional(name: string, type: AvroSchema, doc: string): AvroField {
  return { name, type: ['null', type], default: null, doc };
}

function optionalText(name: string, doc: string): AvroField {
  return optional(name, 'string', doc);
}

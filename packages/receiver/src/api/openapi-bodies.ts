import type { EventRoute } from './routes.ts';

/** JSON is an object, or an array of them: of a string a generated client makes a text in quotes. */
type Shape =
  | { type: 'string'; format?: 'binary' }
  | { type: 'object'; additionalProperties: true | { type: 'string' } }
  | { anyOf: object[] };

type BodySchema = Shape & { description: string; examples?: unknown[] };

/** What OpenAPI says of a route's body, for each content type that it takes. */
export function bodyOf({ formatHint, contentTypes, bodyBytesMax }: EventRoute) {
  const about = `Events of format ${formatHint}: one, or many. At most ${bodyBytesMax} bytes as sent.`;
  const content: Record<string, { schema: BodySchema }> = {};
  for (const type of contentTypes) {
    const shape = shapeOf(formatHint, type);
    const description = type === avro ? `${about} ${avroBytes}` : about;
    const example = type === avro ? undefined : exampleOf(formatHint, type);
    content[type] = {
      schema: { ...shape, description, ...(example !== undefined && { examples: [example] }) },
    };
  }
  return { content };
}

const avro = 'avro/binary';
const json = 'application/json';
const form = 'application/x-www-form-urlencoded';

/** Their fields are not said: the Receiver opens no event, and a catalogue may have formats of its own. */
function shapeOf(format: string, type: string): Shape {
  if (type === avro) return { type: 'string', format: 'binary' };
  const object = { type: 'object', additionalProperties: true } as const;
  if (type === json) return { anyOf: [object, { type: 'array', items: object }] };
  // The other formats are JSON there as well: browsers send text as a form to be spared the preflight.
  if (type === form && format === '1') return { type: 'object', additionalProperties: { type: 'string' } };
  return { type: 'string' };
}

/**
 * How the bytes look, in words: text cannot hold them. The fingerprint is that of the events package's
 * client-event-4.avsc; a test holds it, since a process that opens no event does not load the schema.
 */
const avroBytes =
  'Each event is one record in single-object encoding: the bytes `c3 01`, then ' +
  '`fa 38 44 e7 98 6a 6b f5` (the CRC-64-AVRO fingerprint of its schema, the lowest byte first), then the ' +
  'record in the binary encoding of Avro; records follow one another with nothing between them. The schema ' +
  'is packages/events/schema/client-event-4.avsc in the source of Penstock. There is no example: these ' +
  'bytes are no text.';

const id = '8a3f1c52-2f4e-4c7b-9d5a-0c1f6f3b7d21';
const event4 =
  `{"event_type":"page_view","event_id":"${id}","occurred_at":1795599999000,` +
  '"properties":{"path":"/cart"}}';
const envelope4 = `{"sent_at":1795600000000,"events":[${event4}]}`;
const query1 = `e=page_view&eid=${id}&p_path=%2Fcart`;

/** By format, then by content type; `usual` for those that are not named. */
const examples: Record<string, Record<string, string>> = {
  '1': { usual: query1, 'application/json': `{"e":"page_view","eid":"${id}","p_path":"/cart"}` },
  '2': { usual: `{"event":"page_view","id":"${id}","properties":{"path":"/cart"}}` },
  '3': {
    usual:
      '{"sent_at":"2026-11-25T09:46:40.000Z","batch":[{"type":"page_view",' +
      `"message_id":"${id}","time":"2026-11-25T09:46:39.000Z"}]}`,
  },
  '4': { usual: envelope4, 'application/x-ndjson': `${event4}\n` },
};

/** As a generated client takes it: it makes text of an object by itself. */
function exampleOf(format: string, type: string): unknown {
  const text = examples[format]?.[type] ?? examples[format]?.usual;
  if (text === undefined) return undefined;
  if (type === json) return JSON.parse(text);
  return type === form && format === '1' ? Object.fromEntries(new URLSearchParams(text)) : text;
}

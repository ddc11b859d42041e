import type { Event } from '../model/event.ts';
import { earlierSchemas } from './earlier-schemas.ts';
import { decodeEvent, EventDecodeError } from './encode-event.ts';
import type { OwnValues } from './own-fields.ts';
import { eventSchemaWith, versionsOf, type OwnFieldSchema } from './own-schema.ts';
import { eventOf, readerOf } from './schema-reader.ts';
import { eventSchema } from './schema.ts';
import { hasHeader, headerBytes, looksLikeAvro } from './single-object.ts';

/** An event with the fields of a deployer's own. */
export interface DecodedEvent {
  readonly event: Event;
  readonly own: OwnValues;
}

/**
 * A decoder for all versions of these fields, as they followed all versions of the built-in schema. Throws
 * EventDecodeError for anything but one whole record of one of them.
 */
export function createEventDecoder(fields: readonly OwnFieldSchema[]): (bytes: Uint8Array) => DecodedEvent {
  const versions = versionsOf(fields).filter((version) => version.length > 0);
  const readers = [eventSchema, ...earlierSchemas].flatMap((builtIn) =>
    versions.map((version) => readerOf(eventSchemaWith(version, builtIn))),
  );
  const names = fields.map(({ name }) => name);
  return (bytes) => {
    const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const reader = readers.find((known) => hasHeader(record, 0, known.header));
    const none = Object.fromEntries(names.map((name) => [name, null]));
    if (reader === undefined) return { event: decodeEvent(bytes), own: none };
    const end = reader.measure(record, headerBytes);
    if (end !== record.length) {
      throw new EventDecodeError(end < 0 ? 'cut off or broken' : `${record.length - end} bytes too many`);
    }
    const read = reader.read(record, headerBytes).record;
    const own = Object.fromEntries(names.map((name) => [name, read[name] ?? null])) as OwnValues;
    for (const name of names) delete read[name];
    return { event: eventOf(read), own };
  };
}

/**
 * The built-in fields of an event of any schema. For a schema that is unknown here, because the catalogue of
 * whoever wrote it has fields of its own, they are its beginning. Whoever uses them checks that they make
 * sense. Throws EventDecodeError when the bytes cannot begin like an event.
 */
export function decodeBuiltInFields(bytes: Uint8Array): Event {
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!looksLikeAvro(record) || builtIns.some(({ header }) => hasHeader(record, 0, header))) {
    return decodeEvent(record);
  }
  // The newest first: where an older one wrote, what follows its last field is a null of the own fields.
  for (const reader of builtIns) {
    if (reader.measure(record, headerBytes) > 0) return eventOf(reader.read(record, headerBytes).record);
  }
  throw new EventDecodeError('its beginning is not that of an event');
}

const builtIns = [eventSchema, ...earlierSchemas].map(readerOf);

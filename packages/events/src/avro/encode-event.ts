import avsc from 'avsc';
import type { Event } from '../model/event.ts';
import { schemaFingerprint } from './fingerprint.ts';
import { createMeasure } from './measure.ts';
import { earlierSchemas } from './earlier-schemas.ts';
import { eventOf, readerOf } from './schema-reader.ts';
import { eventSchema } from './schema.ts';
import { hasHeader, headerBytes, singleObjectHeader } from './single-object.ts';

/**
 * Where the event id lies in every encoded event: after C3 01 and the 8 bytes of the fingerprint. 16 bytes.
 */
export const eventIdPosition = headerBytes;

const slabBytes = 256 * 1024;
/** With less room than this, a new slab is cheaper than an encoding that fails for lack of room. */
const roomMinBytes = 2 * 1024;

const eventType = avsc.Type.forSchema(JSON.parse(JSON.stringify(eventSchema)) as avsc.Schema);
const header = singleObjectHeader(schemaFingerprint(eventSchema));
const readers = [readerOf(eventSchema), ...earlierSchemas.map(readerOf)];
const clientFields = eventSchema.fields.findIndex((field) => field.name === 'properties') + 1;
const measureContent = createMeasure(eventSchema.fields.slice(0, clientFields));

/**
 * Encoded events are slices of a slab, like those of Buffer's own pool. A slab lives as long as any event
 * in it.
 */
let slab = Buffer.allocUnsafeSlow(slabBytes);
let used = 0;

/**
 * One Avro single-object record. The buffer belongs to the caller, but shares its slab with other events,
 * so do not keep it for long. Throws when the event does not fit the schema. About 3 us for 1 KB.
 */
export function encodeEvent(event: Event): Buffer {
  if (slab.length - used < roomMinBytes) newSlab(slabBytes);
  let end = writeEvent(event);
  if (end < 0) {
    newSlab(Math.max(slabBytes, slab.length - used - end));
    end = writeEvent(event);
  }
  const encoded = slab.subarray(used, end);
  used = end;
  return encoded;
}

/** The end of the record in the slab, or the number of missing bytes, negated. */
function writeEvent(event: Event): number {
  header.copy(slab, used);
  return eventType.encode(event, slab, used + headerBytes);
}

function newSlab(bytes: number): void {
  slab = Buffer.allocUnsafeSlow(bytes);
  used = 0;
}

/**
 * Reads a record of this or an earlier schema. A field that it lacks has its default. Throws EventDecodeError
 * for anything but one whole record. Strings and the id are copies.
 */
export function decodeEvent(bytes: Uint8Array): Event {
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader = readers.find((known) => hasHeader(record, 0, known.header));
  if (reader === undefined) {
    throw new EventDecodeError(
      `no event of a known schema: it starts with ${record.toString('hex', 0, headerBytes)}`,
    );
  }
  const end = reader.measure(record, headerBytes);
  if (end !== record.length) {
    throw new EventDecodeError(end < 0 ? 'cut off or broken' : `${record.length - end} bytes too many`);
  }
  return eventOf(reader.read(record, headerBytes).record);
}

/**
 * Where in an encoded event the part ends that comes from the client: it goes from the id to the properties.
 * Throws EventDecodeError when the bytes are not an event.
 */
export function contentEndOf(encoded: Uint8Array): number {
  const end = measureContent(encoded, headerBytes);
  if (end < 0) throw new EventDecodeError('cut off or broken');
  return end;
}

/** The type of the event in an encoded record, without decoding the rest. */
export function eventTypeOf(encoded: Buffer): string {
  let at = eventIdPosition + 16;
  let zigzag = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = encoded[at++]!;
    zigzag += (byte & 0x7f) * scale;
    if (!(byte >= 0x80)) break;
  }
  return encoded.toString('utf8', at, at + zigzag / 2);
}

/** The bytes are not an event of a known schema. */
export class EventDecodeError extends Error {
  override readonly name = 'EventDecodeError';
  readonly code = 'EVENT_DECODE';
  readonly retryable = false;
}

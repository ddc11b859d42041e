import type { Event } from '../model/event.ts';
import { schemaFingerprint } from './fingerprint.ts';
import { createMeasure } from './measure.ts';
import { createRecordReader } from './read-record.ts';
import type { AvroRecord } from './schema.ts';
import { singleObjectHeader } from './single-object.ts';

/** What recognises, measures and reads the records of one schema. */
export function readerOf(schema: AvroRecord) {
  return {
    header: singleObjectHeader(schemaFingerprint(schema)),
    measure: createMeasure(schema.fields),
    read: createRecordReader(schema.fields),
  };
}

/** A field that an earlier schema lacks gets its default. */
export function eventOf(record: Record<string, unknown>): Event {
  const event = record as unknown as Event;
  event.origin.attempt ??= null;
  return event;
}

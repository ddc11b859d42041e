import avsc from 'avsc';
import { schemaFingerprint } from '../../avro/fingerprint.ts';
import { createMeasure } from '../../avro/measure.ts';
import { clientEventSchema } from '../../avro/schema.ts';
import { hasHeader, headerBytes, singleObjectHeader } from '../../avro/single-object.ts';
import { formatUuid } from '../../model/event-id.ts';
import type { JsonObject } from '../../model/json.ts';
import { refuse, type Refusal } from '../../model/reasons.ts';

const clientEventType = avsc.Type.forSchema(JSON.parse(JSON.stringify(clientEventSchema)) as avsc.Schema);
const header = singleObjectHeader(schemaFingerprint(clientEventSchema));
const measureEvent = createMeasure(clientEventSchema.fields);

export type AvroReading =
  | { readonly kind: 'read'; readonly event: JsonObject; readonly end: number }
  | Refusal;

/**
 * The record that starts at `start`, as the JSON object of format 4 that says the same. Bytes of strings
 * that are not UTF-8 become U+FFFD, as Avro's own readers have it.
 */
export function readAvroEvent(body: Buffer, start: number): AvroReading {
  if (!hasHeader(body, start, header)) {
    return refuse('unknown-avro-schema', `no record of a known schema at byte ${start}`);
  }
  const end = measureEvent(body, start + headerBytes);
  if (end === -1) return refuse('invalid-avro', `the record at byte ${start} is cut off or broken`);
  const record = decode(body, start);
  if (record === null)
    return refuse('invalid-avro', `the record at byte ${start} holds a number beyond 2^53`);
  const event: JsonObject = { ...record, event_id: formatUuid(record.event_id) };
  for (const name of ['client', 'screen', 'location', 'properties']) {
    if (typeof event[name] === 'object' && event[name] !== null)
      event[name] = { ...(event[name] as JsonObject) };
  }
  return { kind: 'read', event, end };
}

/**
 * Null when the library cannot read what the measure let pass: it throws at a long that a double cannot
 * hold.
 */
function decode(body: Buffer, start: number): (Omit<JsonObject, 'event_id'> & { event_id: Buffer }) | null {
  try {
    return clientEventType.decode(body, start + headerBytes).value as never;
  } catch {
    return null;
  }
}

/** One record as a client posts it; `event` is as the schema has it. For samples and tests. */
export function writeAvroEvent(event: Record<string, unknown>): Buffer {
  return Buffer.concat([header, clientEventType.toBuffer(event)]);
}

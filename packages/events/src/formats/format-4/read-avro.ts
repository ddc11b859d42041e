import avsc from 'avsc';
import { schemaFingerprint } from '../../avro/fingerprint.ts';
import { broken, createMeasure, tooManyEntries } from '../../avro/measure.ts';
import { createRecordReader } from '../../avro/read-record.ts';
import { clientEventSchema } from '../../avro/schema.ts';
import { hasHeader, headerBytes, singleObjectHeader } from '../../avro/single-object.ts';
import type { Limits } from '../../catalogue/limits.ts';
import { formatUuid } from '../../model/event-id.ts';
import type { JsonObject } from '../../model/json.ts';
import { refuse, type Refusal } from '../../model/reasons.ts';

const header = singleObjectHeader(schemaFingerprint(clientEventSchema));
const measureEvent = createMeasure(clientEventSchema.fields);
const readRecord = createRecordReader(clientEventSchema.fields);

/**
 * A record says nothing about its own length, so one that claims more entries than this hides all that
 * follows it. No client has a reason to.
 */
const walkedEntriesMax = 1_000_000;

export type AvroEvent =
  | { readonly kind: 'read'; readonly event: JsonObject; readonly repairedText: boolean }
  | Refusal;

/** Where the record that starts at `start` ends, or why nobody can know. */
export function endOfAvroEvent(body: Buffer, start: number): number | Refusal {
  if (!hasHeader(body, start, header)) {
    return refuse('unknown-avro-schema', `no record of a known schema at byte ${start}`);
  }
  const end = measureEvent(body, start + headerBytes, walkedEntriesMax);
  if (end === tooManyEntries) return tooManyKeys(start, walkedEntriesMax);
  return end === broken ? refuse('invalid-avro', `the record at byte ${start} is cut off or broken`) : end;
}

/**
 * The record from `start` to `end` as the JSON object of format 4 that says the same. Bytes of strings that
 * are not UTF-8 become U+FFFD, as Avro's own readers have it.
 */
export function readAvroEvent(body: Buffer, start: number, end: number, limits: Limits): AvroEvent {
  if (end - start > limits.eventBytesMax) {
    return refuse('event-too-large', `${end - start} bytes, allowed are ${limits.eventBytesMax}`);
  }
  if (measureEvent(body, start + headerBytes, limits.keysMax) < 0) return tooManyKeys(start, limits.keysMax);
  const { record, findings } = readRecord(body, start + headerBytes);
  if (findings.repeatedKey) return refuse('duplicate-key', 'a map has the same key twice');
  if (findings.prototypeKey) return refuse('invalid-field', 'a key is named __proto__');
  if (findings.brokenValue) {
    return refuse('invalid-avro', `the record at byte ${start} holds an impossible boolean or long`);
  }
  const event = { ...record, event_id: formatUuid(record.event_id as Buffer) } as JsonObject;
  return { kind: 'read', event, repairedText: findings.brokenText };
}

function tooManyKeys(start: number, allowed: number): Refusal {
  return refuse('too-many-keys', `the record at byte ${start} has more than ${allowed} keys`);
}

/** One record as a client posts it; `event` is as the schema has it. For samples and tests. */
export function writeAvroEvent(event: Record<string, unknown>): Buffer {
  return Buffer.concat([header, clientEventType.toBuffer(event)]);
}

const clientEventType = avsc.Type.forSchema(JSON.parse(JSON.stringify(clientEventSchema)) as avsc.Schema);

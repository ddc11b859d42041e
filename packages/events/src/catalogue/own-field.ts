import type { OwnFieldSchema } from '../avro/own-schema.ts';
import type { OwnValue } from '../avro/own-fields.ts';
import type { Event } from '../model/event.ts';

/**
 * A field of your own in the schema of clean events. It follows the built-in fields. Add fields at the end
 * of the list, and never rename, retype or remove one: events with it stay in Kafka, and consumers know it.
 */
export interface OwnField extends OwnFieldSchema {
  /**
   * The value, read from the clean event. Null or undefined when there is none. A value of another type
   * rejects the event (`invalid-event`), and so does an exception (`field-failed`). Pure, and it does not
   * change the event. `net.ip` and `geo` are not there yet.
   */
  readonly value: (event: CleanEvent) => OwnValue | undefined;
}

/** A clean event, as catalogues see it. */
export type CleanEvent = Readonly<Omit<Event, 'event_id'>> & { readonly event_id: Uint8Array };

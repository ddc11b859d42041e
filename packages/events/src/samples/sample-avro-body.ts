import { writeAvroEvent } from '../formats/format-4/read-avro.ts';
import { parseUuid } from '../model/event-id.ts';
import type { JsonObject } from '../model/json.ts';
import type { SampleBody } from './sample-body.ts';

const absent = { name: null, version: null, platform: null, os: null, os_version: null, locale: null };

/**
 * Events of format 4, as `sampleEvent` makes them, as a client posts them in Avro. A record can neither lack
 * its type nor have an unknown field: events that were to be rejected for that have an empty type here.
 */
export function sampleAvroBody(events: readonly JsonObject[], sentAtMs: number): SampleBody {
  const body = Buffer.concat(events.map((event) => writeAvroEvent(recordOf(event, sentAtMs))));
  return { path: '/v4/events', contentType: 'avro/binary', hint: '4', body };
}

function recordOf(event: JsonObject, sentAtMs: number): Record<string, unknown> {
  const { surprise, ...known } = event;
  return {
    ...{ user_id: null, device_id: null, session_id: null, screen: null, location: null },
    ...known,
    event_id: parseUuid(event.event_id as string),
    event_type: surprise === undefined ? (event.event_type ?? '') : '',
    occurred_at: Date.parse(event.occurred_at as string),
    sent_at: sentAtMs,
    client: { ...absent, ...(event.client as JsonObject) },
  };
}

import { parseUuid } from '../model/event-id.ts';
import { writeAvroEvent } from '../formats/format-4/read-avro.ts';
import type { JsonObject } from '../model/json.ts';
import type { BuiltInFormat } from '../model/request.ts';
import { sampleUuid } from './random.ts';
import { sampleBody } from './sample-body.ts';
import { sampleEvent } from './sample-event.ts';
import { clean, jsonBody, post, type SampleRequest, type SampleSource } from './sample-request.ts';

/** Requests of every format from clients without bugs. */
export function healthyRequests({ random, nowMs }: SampleSource): SampleRequest[] {
  const make = (format: BuiltInFormat): JsonObject =>
    sampleEvent(format, {
      eventId: sampleUuid(random),
      random,
      occurredAtMs: nowMs - Math.floor(random() * 60_000),
    });
  const track = make(2);
  const batch = [make(3), make(3), make(3)];
  const lines = [make(4), make(4)];
  const beacon = make(4);
  const withoutId = JSON.stringify({ ...make(2), id: null, event: 'no_id' });
  const avroId = sampleUuid(random);
  const avro = { path: '/v4/events', contentType: 'avro/binary', hint: '4' } as const;
  return [
    pixel('format 1: one flat event in the query string of a pixel', make(1)),
    post('format 2: one nested event', jsonBody('/v2/track', '2', JSON.stringify(track)), [clean(track)]),
    post(
      'format 3: a batch in its envelope',
      sampleBody(3, batch, nowMs),
      batch.map((event) => clean(event)),
    ),
    post(
      'format 4: two events, one a line',
      sampleBody(4, lines, nowMs),
      lines.map((event) => clean(event)),
    ),
    post(
      'format 4: one event by navigator.sendBeacon',
      { ...jsonBody('/v4/beacon', '4', JSON.stringify(beacon)), contentType: 'text/plain' },
      [clean(beacon)],
    ),
    post('format 4: one Avro record', { ...avro, body: avroEvent(avroId, nowMs) }, [
      { kind: 'clean', eventId: avroId, type: 'app_open', fixes: [] },
    ]),
    post('format 2: an event without an id gets one', jsonBody('/v2/track', '2', withoutId), [
      { kind: 'clean', eventId: null, type: 'no_id', fixes: [] },
    ]),
  ];
}

function pixel(title: string, event: JsonObject): SampleRequest {
  const query = new URLSearchParams(event as Record<string, string>).toString();
  return {
    title,
    method: 'GET',
    path: `/v1/collect?${query}`,
    hint: '1',
    contentType: 'application/x-www-form-urlencoded',
    body: Buffer.from(query),
    expected: [clean(event)],
  };
}

function avroEvent(id: string, nowMs: number): Buffer {
  const client = { name: 'penstock-server', version: '4.0.0', platform: 'jvm' };
  return writeAvroEvent({
    event_id: parseUuid(id),
    event_type: 'app_open',
    occurred_at: nowMs,
    sent_at: nowMs,
    client: { ...client, os: null, os_version: null, locale: null },
    user_id: null,
    device_id: 'srv-1',
    session_id: null,
    screen: null,
    location: null,
    properties: { warm: true, load: 0.25, region: 'eu', note: null },
  });
}

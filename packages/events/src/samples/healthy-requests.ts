import { parseUuid } from '../event-id.ts';
import { writeAvroEvent } from '../format-4/read-avro.ts';
import type { JsonObject } from '../json.ts';
import { sampleUuid } from './random.ts';
import { sampleBody } from './sample-body.ts';
import { sampleEvent } from './sample-event.ts';
import { clean, post, type SampleRequest, type SampleSource } from './sample-request.ts';

/** Every format as a client without bugs writes it. */
export function healthyRequests({ random, nowMs }: SampleSource): SampleRequest[] {
  const make = (format: 1 | 2 | 3 | 4): JsonObject =>
    sampleEvent(format, {
      eventId: sampleUuid(random),
      random,
      occurredAtMs: nowMs - Math.floor(random() * 60_000),
    });
  const pixel = make(1);
  const track = make(2);
  const batch = [make(3), make(3), make(3)];
  const lines = [make(4), make(4)];
  const single = make(4);
  const avroId = sampleUuid(random);
  return [
    queryRequest('format 1: a pixel, one flat event in the query string', pixel),
    {
      title: 'format 2: one nested event',
      method: 'POST',
      ...sampleBody(2, [track], nowMs),
      expected: [clean(track)],
    },
    {
      title: 'format 3: a batch in its envelope',
      method: 'POST',
      ...sampleBody(3, batch, nowMs),
      expected: batch.map((event) => clean(event)),
    },
    {
      title: 'format 4: two events, one a line',
      method: 'POST',
      ...sampleBody(4, lines, nowMs),
      expected: lines.map((event) => clean(event)),
    },
    post(
      'format 4: one event by navigator.sendBeacon',
      '/v4/beacon',
      'text/plain',
      '4',
      JSON.stringify(single),
      [clean(single)],
    ),
    post('format 4: one Avro record', '/v4/events', 'avro/binary', '4', avroEvent(avroId, nowMs), [
      { kind: 'clean', eventId: avroId, type: 'app_open', fixes: [] },
    ]),
    post(
      'format 2: an event without an id gets one',
      '/v2/track',
      'application/json',
      '2',
      JSON.stringify({ ...track, id: undefined, event: 'no_id' }),
      [{ kind: 'clean', eventId: null, type: 'no_id', fixes: [] }],
    ),
  ];
}

function queryRequest(title: string, event: JsonObject): SampleRequest {
  const query = new URLSearchParams(event as Record<string, string>).toString();
  return {
    ...{ title, method: 'GET', path: `/v1/collect?${query}`, hint: '1' },
    ...{
      contentType: 'application/x-www-form-urlencoded',
      body: Buffer.from(query),
      expected: [clean(event)],
    },
  };
}

function avroEvent(id: string, nowMs: number): Buffer {
  const client = {
    name: 'penstock-server',
    version: '4.0.0',
    platform: 'jvm',
    os: null,
    os_version: null,
    locale: null,
  };
  return writeAvroEvent({
    ...{ event_id: parseUuid(id), event_type: 'app_open', occurred_at: nowMs, sent_at: nowMs, client },
    ...{ user_id: null, device_id: 'srv-1', session_id: null, screen: null, location: null },
    properties: { warm: true, load: 0.25, region: 'eu', note: null },
  });
}

import type { JsonObject } from '../model/json.ts';
import type { BuiltInFormat } from '../model/request.ts';
import { sampleUuid } from './random.ts';
import { sampleBody } from './sample-body.ts';
import { sampleEvent } from './sample-event.ts';
import { clean, jsonBody, post, type SampleRequest, type SampleSource } from './sample-request.ts';

/** Requests with an event that nobody can repair. It is rejected, and the events around it arrive. */
export function brokenRequests(source: SampleSource): SampleRequest[] {
  const { random, nowMs } = source;
  const make = (format: BuiltInFormat): JsonObject =>
    sampleEvent(format, { eventId: sampleUuid(random), random, occurredAtMs: nowMs - 1_000 });
  const [before, after] = [make(4), make(4)];
  const lines = [
    JSON.stringify(before),
    '{"event_type":"page_view","event_id":',
    JSON.stringify(after),
    '',
  ].join('\n');
  const inBatch = make(3);
  const client = { name: 'penstock-android', version: '2.4.0', platform: 'android-plus' };
  const repackaged = { ...make(3), client };
  const cloned = {
    ...make(4),
    device_id: 'c0ffee00-0000-4000-8000-000000000001',
    client: { name: 'penstock-ios', version: '3.1.0' },
  };
  return [
    post(
      'a broken line between good ones',
      { ...jsonBody('/v4/events', '4', lines), contentType: 'application/x-ndjson' },
      [clean(before), { kind: 'rejected', reason: 'invalid-json' }, clean(after)],
    ),
    post(
      'an event without a type in a good batch',
      sampleBody(3, [inBatch, { ...make(3), type: null }], nowMs),
      [clean(inBatch), { kind: 'rejected', reason: 'missing-field' }],
    ),
    ...unreadableRequests(),
    post('a repackaged build that nobody asked for', sampleBody(3, [repackaged], nowMs), [
      { kind: 'unwanted', reason: 'unwanted', rule: 'repackaged-build' },
    ]),
    post('a release in which every device has the same id', sampleBody(4, [cloned], nowMs), [
      { kind: 'rejected', reason: 'quarantined', rule: 'cloned-device' },
    ]),
  ];
}

/** Bodies that no parser should accept. */
function unreadableRequests(): SampleRequest[] {
  return [
    post(
      'an envelope that is cut off',
      jsonBody('/v3/batch', '3', '{"sent_at":"2026-01-01T00:00:00Z","batch":[{"ty'),
      [{ kind: 'rejected', reason: 'invalid-json' }],
    ),
    post(
      'a number that is NaN',
      jsonBody('/v2/track', '2', '{"event":"purchase","properties":{"amount":NaN}}'),
      [{ kind: 'rejected', reason: 'invalid-json' }],
    ),
    post(
      'the same key twice',
      jsonBody('/v4/events', '4', '{"event_type":"login","user_id":"a","user_id":"b"}'),
      [{ kind: 'rejected', reason: 'duplicate-key' }],
    ),
    post(
      'bytes that are not UTF-8',
      jsonBody('/v4/events', '4', Buffer.from('{"event_type":"caf\xe9"}', 'latin1')),
      [{ kind: 'rejected', reason: 'invalid-utf8' }],
    ),
  ];
}

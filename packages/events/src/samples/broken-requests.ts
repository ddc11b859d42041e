import type { JsonObject } from '../json.ts';
import { sampleUuid } from './random.ts';
import { sampleBody } from './sample-body.ts';
import { sampleEvent } from './sample-event.ts';
import { clean, post, type SampleRequest, type SampleSource } from './sample-request.ts';

/** Requests with something in them that nobody can repair: it is rejected, and what is around it arrives. */
export function brokenRequests({ random, nowMs }: SampleSource): SampleRequest[] {
  const make = (format: 3 | 4): JsonObject =>
    sampleEvent(format, { eventId: sampleUuid(random), random, occurredAtMs: nowMs - 1_000 });
  const [before, after] = [make(4), make(4)];
  const inBatch = make(3);
  const lines = `${JSON.stringify(before)}\n{"event_type":"page_view","event_id":\n${JSON.stringify(after)}\n`;
  const repackaged = {
    ...make(3),
    client: { name: 'penstock-android', version: '2.4.0', platform: 'android-plus' },
  };
  const cloned = {
    ...make(4),
    ...{
      device_id: 'c0ffee00-0000-4000-8000-000000000001',
      client: { name: 'penstock-ios', version: '3.1.0' },
    },
  };
  return [
    post('a broken line between good ones', '/v4/events', 'application/x-ndjson', '4', lines, [
      clean(before),
      { kind: 'rejected', reason: 'invalid-json' },
      clean(after),
    ]),
    {
      ...{ title: 'an event without a type in a good batch', method: 'POST' },
      ...sampleBody(3, [inBatch, { ...make(3), type: null }], nowMs),
      expected: [clean(inBatch), { kind: 'rejected', reason: 'missing-field' }],
    },
    post(
      'an envelope that is cut off',
      '/v3/batch',
      'application/json',
      '3',
      '{"sent_at":"2026-01-01T00:00:00Z","batch":[{"ty',
      [{ kind: 'rejected', reason: 'invalid-json' }],
    ),
    post(
      'a number that is NaN',
      '/v2/track',
      'application/json',
      '2',
      '{"event":"purchase","properties":{"amount":NaN}}',
      [{ kind: 'rejected', reason: 'invalid-json' }],
    ),
    post(
      'the same key twice',
      '/v4/events',
      'application/json',
      '4',
      '{"event_type":"login","user_id":"a","user_id":"b"}',
      [{ kind: 'rejected', reason: 'duplicate-key' }],
    ),
    post(
      'bytes that are not UTF-8',
      '/v4/events',
      'application/json',
      '4',
      Buffer.from('{"event_type":"caf\xe9"}', 'latin1'),
      [{ kind: 'rejected', reason: 'invalid-utf8' }],
    ),
    {
      ...{
        title: 'a repackaged build that nobody asked for',
        method: 'POST',
        ...sampleBody(3, [repackaged], nowMs),
      },
      expected: [{ kind: 'unwanted', reason: 'unwanted', rule: 'repackaged-build' }],
    },
    {
      ...{
        title: 'a release in which every device has the same id',
        method: 'POST',
        ...sampleBody(4, [cloned], nowMs),
      },
      expected: [{ kind: 'rejected', reason: 'quarantined', rule: 'cloned-device' }],
    },
  ];
}

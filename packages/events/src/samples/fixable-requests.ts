import type { JsonObject } from '../model/json.ts';
import type { BuiltInFormat } from '../model/request.ts';
import { sampleUuid } from './random.ts';
import { sampleBody } from './sample-body.ts';
import { sampleEvent } from './sample-event.ts';
import { clean, jsonBody, post, type SampleRequest, type SampleSource } from './sample-request.ts';

/** Requests with known bugs of clients, which fixes repair. */
export function fixableRequests({ random, nowMs }: SampleSource): SampleRequest[] {
  const make = (format: BuiltInFormat, variant: 'healthy' | 'fixable'): JsonObject =>
    sampleEvent(format, { eventId: sampleUuid(random), random, occurredAtMs: nowMs - 5_000, variant });
  const seconds: JsonObject = {
    ...make(1, 'healthy'),
    cn: 'penstock-ios',
    cv: '2.2.9',
    dtm: String(Math.floor(nowMs / 1000)),
  };
  const screen = make(2, 'fixable');
  const sentinel = make(3, 'fixable');
  const leaked: JsonObject = {
    id: sampleUuid(random),
    event: 'purchase',
    timestamp: new Date(nowMs).toISOString(),
    context: { app: { name: 'penstock-android', version: '1.6.2' }, device: { id: 'a-77' } },
    properties: { amount: 12.5, account_id: '4711' },
  };
  return [
    post(
      'a bug of old iOS clients: seconds instead of milliseconds',
      jsonBody('/v1/collect', '1', JSON.stringify(seconds)),
      [clean(seconds, 'epoch-seconds')],
    ),
    post('a bug of old web clients: fractions of pixels', sampleBody(2, [screen], nowMs), [
      clean(screen, 'broken-screen'),
    ]),
    post('a bug of newer web clients: the user "undefined"', sampleBody(3, [sentinel], nowMs), [
      clean(sentinel, 'sentinel-ids'),
    ]),
    post('a leak of old Android clients: the account id is taken out', sampleBody(2, [leaked], nowMs), [
      clean(leaked, 'leaked-account'),
    ]),
  ];
}

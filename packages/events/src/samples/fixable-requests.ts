import type { JsonObject } from '../json.ts';
import { sampleUuid } from './random.ts';
import { sampleBody } from './sample-body.ts';
import { sampleEvent, type SampleEventOptions } from './sample-event.ts';
import { clean, post, type SampleRequest, type SampleSource } from './sample-request.ts';

/** Known bugs of clients, which fixes mend on the way. */
export function fixableRequests({ random, nowMs }: SampleSource): SampleRequest[] {
  const options = (): SampleEventOptions => ({
    eventId: sampleUuid(random),
    random,
    occurredAtMs: nowMs - 5_000,
  });
  const seconds: JsonObject = {
    ...sampleEvent(1, options()),
    ...{ cn: 'penstock-ios', cv: '2.2.9', dtm: String(Math.floor(nowMs / 1000)) },
  };
  const screen = sampleEvent(2, { ...options(), variant: 'fixable' });
  const sentinel = sampleEvent(3, { ...options(), variant: 'fixable' });
  const leaked: JsonObject = {
    ...{ id: sampleUuid(random), event: 'purchase', timestamp: new Date(nowMs).toISOString() },
    context: { app: { name: 'penstock-android', version: '1.6.2' }, device: { id: 'a-77' } },
    properties: { amount: 12.5, account_id: '4711' },
  };
  return [
    post(
      'a bug of old iOS clients: seconds instead of milliseconds',
      '/v1/collect',
      'application/json',
      '1',
      JSON.stringify(seconds),
      [clean(seconds, 'epoch-seconds')],
    ),
    {
      title: 'a bug of old web clients: fractions of pixels',
      method: 'POST',
      ...sampleBody(2, [screen], nowMs),
      expected: [clean(screen, 'broken-screen')],
    },
    {
      title: 'a bug of newer web clients: the user "undefined"',
      method: 'POST',
      ...sampleBody(3, [sentinel], nowMs),
      expected: [clean(sentinel, 'sentinel-ids')],
    },
    {
      title: 'a leak of old Android clients: the account id is taken out',
      method: 'POST',
      ...sampleBody(2, [leaked], nowMs),
      expected: [clean(leaked, 'leaked-account')],
    },
  ];
}

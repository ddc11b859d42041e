import { expect, test } from 'vitest';
import { builtInCatalogue } from '../built-in-catalogue.ts';
import { formatUuid } from '../model/event-id.ts';
import { createPipeline, type Outcome } from '../pipeline/pipeline.ts';
import type { BuiltInFormat, RequestContext } from '../model/request.ts';
import { sampleUuid, seededRandom } from './random.ts';
import { sampleAvroBody } from './sample-avro-body.ts';
import { sampleBody, type SampleBody } from './sample-body.ts';
import { sampleEvent } from './sample-event.ts';
import type { SampleOutcome } from './sample-request.ts';
import { sampleRequests } from './sample-requests.ts';

const nowMs = Date.UTC(2026, 10, 23, 12);
const pipeline = createPipeline(builtInCatalogue);
const context: RequestContext = {
  tenant: 'default',
  receivedAtMs: nowMs,
  sentAtMs: null,
  userAgent: null,
  dc: 'eu',
  receiver: 'receiver-0',
  requestId: 'request-1',
  topic: 'events.raw',
  partition: 0,
  offset: 7,
};

test.each(sampleRequests({ nowMs }).map((request) => [request.title, request] as const))(
  '%s',
  (_title, request) => {
    const split = pipeline.split(request.body, request.hint, request.contentType);
    const outcomes: SampleOutcome[] =
      split.kind === 'rejected'
        ? [{ kind: 'rejected', reason: split.reason }]
        : split.items.map((item) => asSample(pipeline.process(item, context), request.expected[item.index]));
    expect(outcomes).toEqual(request.expected);
  },
);

test('the same seed gives the same bytes', () => {
  expect(sampleRequests({ nowMs, seed: 5 })).toEqual(sampleRequests({ nowMs, seed: 5 }));
  expect(sampleRequests({ nowMs, seed: 5 })).not.toEqual(sampleRequests({ nowMs, seed: 6 }));
});

const formats: BuiltInFormat[] = [1, 2, 3, 4];

const variants = formats.flatMap((format) =>
  (['healthy', 'fixable', 'rejected'] as const).map((v) => [format, v] as const),
);

test.each(variants)('generated events of format %i are as %s as their variant says', (format, variant) => {
  const random = seededRandom(format);
  for (let i = 0; i < 50; i++) {
    const eventId = sampleUuid(random);
    const event = sampleEvent(format, { eventId, random, occurredAtMs: nowMs - 1000, variant, bytes: 1000 });
    expect(judged(sampleBody(format, [event], nowMs))).toBe(
      variant === 'rejected' ? 'rejected' : `${variant} ${eventId}`,
    );
  }
});

test.each(['healthy', 'fixable', 'rejected'] as const)('in Avro they are as %s as well', (variant) => {
  const random = seededRandom(4);
  for (let i = 0; i < 50; i++) {
    const eventId = sampleUuid(random);
    const event = sampleEvent(4, { eventId, random, occurredAtMs: nowMs - 1000, variant, bytes: 1000 });
    expect(judged(sampleAvroBody([event], nowMs))).toBe(
      variant === 'rejected' ? 'event_type is empty or longer than 128' : `${variant} ${eventId}`,
    );
  }
});

function judged({ body, hint, contentType }: SampleBody): string {
  const split = pipeline.split(body, hint, contentType);
  if (split.kind === 'rejected') return split.detail;
  const outcome = pipeline.process(split.items[0]!, context);
  if (outcome.kind !== 'clean')
    return /^(missing|unknown)-field$/.test(outcome.reason) ? 'rejected' : outcome.detail;
  const { fixes, event_id } = outcome.event;
  return `${['healthy', 'fixable'][fixes.length]} ${formatUuid(event_id)}`;
}

test('a generated event has about the size that was asked for', () => {
  for (const format of formats) {
    const event = sampleEvent(format, {
      eventId: sampleUuid(seededRandom(1)),
      random: seededRandom(2),
      occurredAtMs: nowMs,
      bytes: 1000,
    });
    expect(Math.abs(JSON.stringify(event).length - 1000)).toBeLessThan(60);
  }
});

function asSample(outcome: Outcome, expected: SampleOutcome | undefined): SampleOutcome {
  if (outcome.kind !== 'clean') {
    return {
      kind: outcome.kind,
      reason: outcome.reason,
      ...(outcome.rule === undefined ? {} : { rule: outcome.rule }),
    };
  }
  const { event_id, event_type, fixes } = outcome.event;
  const derived = expected?.kind === 'clean' && expected.eventId === null;
  return { kind: 'clean', eventId: derived ? null : formatUuid(event_id), type: event_type, fixes };
}

/**
 * What the README says about cost comes from here: `node_modules/.bin/node packages/events/test/measure-
 * pipeline.ts`. Microseconds per event of 1 KB in batches of 100, the best of a thousand rounds: others on
 * the machine only add.
 */
import {
  builtInCatalogue,
  contentHash,
  createPipeline,
  dedupKey,
  encodeEvent,
  sampleBody,
  sampleEvent,
  sampleUuid,
  seededRandom,
  type Event,
  type BuiltInFormat,
} from '../src/index.ts';
import { requestContext } from '../src/pipeline/request-context.fixture.ts';

const eventsPerRequest = 100;
const rounds = 1_000;
const pipeline = createPipeline(builtInCatalogue);

for (const format of [1, 2, 3, 4] as const) {
  const best = measure(format);
  const total = best.reduce((sum, us) => sum + us, 0);
  const [split, process_, encode, keys] = best.map((us) => us.toFixed(1));
  process.stdout.write(
    `format ${format}: split ${split} + process ${process_} + encode ${encode} + keys ${keys} ` +
      `= ${total.toFixed(1)} us\n`,
  );
}

function measure(format: BuiltInFormat): number[] {
  const random = seededRandom(format);
  const { body, hint, contentType } = sampleBody(
    format,
    Array.from({ length: eventsPerRequest }, () => {
      const occurredAtMs = requestContext.receivedAtMs - 1_000;
      return sampleEvent(format, { eventId: sampleUuid(random), random, occurredAtMs, bytes: 1_000 });
    }),
    requestContext.receivedAtMs,
  );
  const best = [Infinity, Infinity, Infinity, Infinity];
  for (let round = 0; round < rounds; round++) {
    const times = [performance.now()];
    const split = pipeline.split(body, hint, contentType);
    if (split.kind === 'rejected') throw new Error(split.detail);
    times.push(performance.now());
    const events = split.items.map((item) => cleanEvent(pipeline.process(item, requestContext)));
    times.push(performance.now());
    const records = events.map((event) => encodeEvent(event));
    times.push(performance.now());
    for (const event of events) dedupKey(event.tenant, event.event_id);
    for (const record of records) contentHash(record);
    times.push(performance.now());
    for (let i = 0; i < best.length; i++) {
      best[i] = Math.min(best[i]!, ((times[i + 1]! - times[i]!) * 1_000) / eventsPerRequest);
    }
  }
  return best;
}

function cleanEvent(outcome: ReturnType<typeof pipeline.process>): Event {
  if (outcome.kind !== 'clean') throw new Error(outcome.detail);
  return outcome.event;
}

import { expect, test } from 'vitest';
import { encodeEvent } from '../avro/encode-event.ts';
import { builtInCatalogue } from '../built-in-catalogue.ts';
import { bytesOfItem } from '../split/item-bytes.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.ts';
import { createPipeline } from './pipeline.ts';
import { requestContext } from './request-context.fixture.ts';
import { pick, sampleUuid, seededRandom, type Random } from '../samples/random.ts';
import { sampleEvent } from '../samples/sample-event.ts';
import { sampleRequests } from '../samples/sample-requests.ts';

const rounds = 500;
const pipeline = createPipeline(builtInCatalogue);
const { formats, fixes, upgrades } = builtInCatalogue;
const bugs = new Set(['split-failed', 'fix-failed', 'read-failed', 'upgrade-failed', 'normalise-failed']);

/** Arbitrary JSON with a weakness for what the formats know. */
function arbitrary(random: Random, depth = 0): JsonValue {
  const kind = Math.floor(random() * (depth > 3 ? 5 : 7));
  if (kind === 0) return null;
  if (kind === 1) return random() < 0.5;
  if (kind === 2) return pick(random, [0, -1, 1.5, 1e12, -1e300, 2 ** 53, 1e9]);
  if (kind <= 4)
    return pick(random, [
      '',
      'null',
      'NaNxNaN',
      '1x2',
      '2026-01-01T00:00:00Z',
      '\0\ud800',
      '1780315200',
      '9'.repeat(16),
    ]);
  if (kind === 5) return Array.from({ length: Math.floor(random() * 3) }, () => arbitrary(random, depth + 1));
  return arbitraryObject(random, depth + 1);
}

const names =
  'e event type event_type dtm res lat lon context app device screen client name version user_id ' +
  'properties batch';

function arbitraryObject(random: Random, depth: number): JsonObject {
  const object: JsonObject = {};
  for (let i = Math.floor(random() * 6); i > 0; i--) {
    object[pick(random, names.split(' ') as [string])] = arbitrary(random, depth);
  }
  return object;
}

/** A real event with one thing wrong. */
function mutated(random: Random, event: JsonObject): JsonObject {
  const keys = Object.keys(event);
  const key = keys[Math.floor(random() * keys.length)] ?? 'x';
  const inner = event[key];
  return {
    ...event,
    [key]: isJsonObject(inner) && random() < 0.7 ? mutated(random, inner) : arbitrary(random),
  };
}

function someEvent(random: Random): JsonObject {
  if (random() < 0.3) return arbitraryObject(random, 0);
  const format = pick(random, [1, 2, 3, 4] as const);
  const variant = pick(random, ['healthy', 'fixable'] as const);
  return mutated(
    random,
    sampleEvent(format, {
      eventId: sampleUuid(random),
      random,
      occurredAtMs: requestContext.receivedAtMs,
      variant,
    }),
  );
}

test('readers, fixes and upgrades are total: arbitrary JSON never makes them throw', () => {
  const random = seededRandom(11);
  let upgraded = 0;
  for (let i = 0; i < rounds; i++) {
    const event = someEvent(random);
    for (const format of formats) {
      format.clientOf(event);
      format.typeOf(event);
      format.timeOf(event);
      const context = { format: format.number, receivedAtMs: requestContext.receivedAtMs };
      for (const fix of fixes) {
        fix.detect(event, context);
        fix.apply(event, context);
      }
      if (format.check(event) !== null) continue;
      upgrades.find(({ from }) => from === format.number)?.up(event);
      upgraded++;
    }
  }
  expect(upgraded).toBeGreaterThan(rounds / 10);
});

test('what an upgrade makes passes the strict reader of the next format', () => {
  const random = seededRandom(12);
  let passed = 0;
  for (let i = 0; i < rounds; i++) {
    let event = someEvent(random);
    for (const { from, to, up } of upgrades) {
      if (formats.find(({ number }) => number === from)!.check(event) !== null) continue;
      event = up(event);
      expect(formats.find(({ number }) => number === to)!.check(event)).toBeNull();
      passed++;
    }
  }
  expect(passed).toBeGreaterThan(rounds / 10);
});

test('every event gets one outcome, never by a bug of ours, and every clean one can be encoded', () => {
  const random = seededRandom(13);
  const kinds: Record<string, number> = {};
  for (let i = 0; i < rounds; i++) {
    const body = Buffer.from(JSON.stringify(Array.from({ length: 3 }, () => someEvent(random))));
    const split = pipeline.split(body, pick(random, [null, '1', '2', '3', '4'] as const), 'application/json');
    if (split.kind === 'rejected') throw new Error(split.detail);
    expect(split.items).toHaveLength(3);
    for (const item of split.items) {
      const outcome = pipeline.process(item, requestContext);
      kinds[outcome.kind] = (kinds[outcome.kind] ?? 0) + 1;
      if (outcome.kind === 'clean') encodeEvent(outcome.event);
      else if (bugs.has(outcome.reason)) throw new Error(`${outcome.reason} ${outcome.detail}`);
    }
  }
  expect(kinds.clean).toBeGreaterThan(rounds / 10);
  expect(kinds.rejected).toBeGreaterThan(rounds / 10);
});

test('a body with flipped, missing or repeated bytes is split or refused, never thrown about', () => {
  const random = seededRandom(14);
  const requests = sampleRequests({ nowMs: requestContext.receivedAtMs });
  for (let i = 0; i < rounds; i++) {
    const { body, hint, contentType } = pick(random, requests as [(typeof requests)[number]]);
    const broken = damaged(random, body);
    const split = pipeline.split(broken, hint, contentType);
    if (split.kind === 'rejected') continue;
    for (const item of split.items) {
      bytesOfItem(broken, item.span);
      const outcome = pipeline.process(item, requestContext);
      if (outcome.kind === 'clean') encodeEvent(outcome.event);
      else if (bugs.has(outcome.reason)) throw new Error(`${outcome.reason} ${outcome.detail}`);
    }
  }
  expect(requests.length).toBeGreaterThan(10);
});

function damaged(random: Random, body: Buffer): Buffer {
  const at = Math.floor(random() * body.length);
  if (random() < 0.3) return body.subarray(0, at);
  if (random() < 0.3)
    return Buffer.concat([body.subarray(0, at), body.subarray(Math.floor(random() * body.length))]);
  const copy = Buffer.from(body);
  for (let i = 0; i < 3; i++) copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
  return copy;
}

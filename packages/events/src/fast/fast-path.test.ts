import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentEndOf, encodeEvent } from '../avro/encode-event.ts';
import { builtInCatalogue } from '../built-in-catalogue.ts';
import { hostileBodies } from '../hostile/hostile-bodies.ts';
import type { FormatHint } from '../model/raw-headers.ts';
import type { RequestContext } from '../model/request.ts';
import { createPipeline } from '../pipeline/pipeline.ts';
import { requestContext } from '../pipeline/request-context.fixture.ts';
import { sampleRequests } from '../samples/sample-requests.ts';
import { arbitraryBodies } from './arbitrary-bodies.fixture.ts';
import type { AddedByFilter } from './request-bytes.ts';

/*
 * The general path is the oracle. Whatever the bytes are, the fast path must make the same records, byte for
 * byte, or leave the event to the general path.
 */
const general = createPipeline(builtInCatalogue, { fast: false });
const quick = createPipeline(builtInCatalogue);

const added: AddedByFilter = {
  ip: '192.0.2.0',
  geo: {
    ...{ country: 'DE', region: null, city: 'Größe', lat: 52.5, lon: -13, asn: 4_200_000_000 },
    ...{ as_org: 'a'.repeat(70), database: 'db 2026' },
  },
  marks: ['received-ahead'],
};
const context: RequestContext = {
  ...requestContext,
  sentAtMs: requestContext.receivedAtMs - 20_000,
  attempt: 2,
};

interface Ran {
  readonly outcomes: unknown[];
  readonly fast: number;
}

function run(pipeline: typeof quick, body: Uint8Array, hint: FormatHint | null, contentType: string): Ran {
  const outcomes: unknown[] = [];
  let fast = 0;
  for (const step of pipeline.splitSteps(body, hint, contentType, pipeline.fastWay(context, added))) {
    if (step.kind === 'working') continue;
    if (step.kind === 'refused') {
      outcomes.push(step);
    } else if (step.kind === 'encoded') {
      fast++;
      outcomes.push({
        index: step.index,
        span: step.span,
        record: recordOf(step.record.encoded, step.record.contentEnd),
      });
    } else {
      const outcome = pipeline.process(step, context);
      const { index, span } = step;
      if (outcome.kind !== 'clean') outcomes.push({ index, span, outcome });
      else {
        const { event } = outcome;
        event.net.ip = added.ip;
        event.geo = added.geo;
        event.fixes.push(...added.marks);
        const encoded = encodeEvent(event);
        outcomes.push({ index, span, record: recordOf(encoded, contentEndOf(encoded)) });
      }
    }
  }
  return { outcomes, fast };
}

function recordOf(encoded: Buffer, contentEnd: number): string {
  return `${contentEnd} ${encoded.toString('latin1')}`;
}

/** @returns how many events went the fast way. */
function expectSame(body: Uint8Array, hint: FormatHint | null, contentType = 'application/json'): number {
  const ran = run(quick, body, hint, contentType);
  expect(ran.outcomes).toEqual(run(general, body, hint, contentType).outcomes);
  return ran.fast;
}

/** In the long run: `PENSTOCK_TEST_RUNS=100000`. */
const runs = Number(process.env['PENSTOCK_TEST_RUNS'] ?? 1_000);

test(
  'the fast path makes what the general path makes, of events of every format',
  { timeout: 60_000 },
  () => {
    let fast = 0;
    let all = 0;
    fc.assert(
      fc.property(arbitraryBodies, ({ body, hint, contentType }) => {
        all++;
        fast += expectSame(Buffer.from(body), hint, contentType);
      }),
      { numRuns: runs },
    );
    expect(fast / all).toBeGreaterThan(0.1);
  },
);

test('the fast path makes what the general path makes, of damaged bytes', { timeout: 60_000 }, () => {
  const requests = sampleRequests({ nowMs: context.receivedAtMs });
  fc.assert(
    fc.property(
      fc.constantFrom(...requests),
      fc.array(
        fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(0x22, 0x5c, 0x2c, 0x20, 0x7d, 0x30), fc.nat(255))),
        {
          maxLength: 2,
        },
      ),
      fc.nat(),
      ({ body, hint, contentType }, changes, cut) => {
        const damaged = Buffer.from(cut % 5 === 0 ? body.subarray(0, cut % (body.length + 1)) : body);
        if (damaged.length > 0) for (const [at, byte] of changes) damaged[at % damaged.length] = byte;
        expectSame(damaged, hint, contentType ?? '');
      },
    ),
    { numRuns: runs },
  );
});

test('the fast path makes what the general path makes, of hostile bodies', { timeout: 60_000 }, () => {
  for (const { body, hint, contentType } of hostileBodies(64 * 1024))
    expectSame(body, hint, contentType ?? '');
});

test.each([
  'format 2: one nested event',
  'format 3: a batch in its envelope',
  'format 4: two events, one a line',
  'format 4: one event by navigator.sendBeacon',
])('a healthy request takes the fast path: %s', (title) => {
  const sample = sampleRequests({ nowMs: context.receivedAtMs }).find((request) => request.title === title);
  expect(expectSame(sample!.body, sample!.hint, sample!.contentType ?? '')).toBe(sample!.expected.length);
});

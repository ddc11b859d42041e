import { getHeapStatistics } from 'node:v8';
import { expect, test } from 'vitest';
import { encodeEvent } from '../avro/encode-event.ts';
import { builtInCatalogue } from '../built-in-catalogue.ts';
import type { RequestItem } from '../model/request.ts';
import { createPipeline } from '../pipeline/pipeline.ts';
import { requestContext } from '../pipeline/request-context.fixture.ts';
import { hostileBodies, type HostileBody } from './hostile-bodies.ts';

const MiB = 1024 * 1024;
/**
 * All of these are CPU time, so that a busy machine does not matter much, and wide: they catch a cost that
 * nothing bounds. Measured on a busy core: 39 ms for the longest step, 98 ms for the worst MiB, 31 us for the
 * smallest event.
 */
const allowed = { msPerMiB: 500, msPerItem: 0.15, msPerStep: 120, ms: 250, heapBytes: 64 * MiB };

const pipeline = createPipeline(builtInCatalogue);
const bodies = hostileBodies(2 * MiB);

// The first bodies pay for compiling the code.
for (const body of bodies.slice(0, 12)) costOf(body);

test.each(bodies.map((body) => [body.title, body] as const))('%s', { timeout: 60_000 }, (_title, body) => {
  const cost = costOf(body);
  const mebibytes = body.body.length / MiB;
  expect(cost.ms).toBeLessThan(allowed.ms + allowed.msPerMiB * mebibytes + allowed.msPerItem * cost.items);
  expect(cost.longestStepMs).toBeLessThan(allowed.msPerStep);
  expect(cost.heapBytes).toBeLessThan(allowed.heapBytes);
});

/** Of everything from the bytes of a body to its encoded events. */
function costOf({ body, hint, contentType }: HostileBody) {
  const before = cpuMs();
  const heapBefore = getHeapStatistics().used_heap_size;
  const cost = { ms: 0, longestStepMs: 0, heapBytes: 0, items: 0 };
  const steps = pipeline.splitSteps(body, hint, contentType);
  for (let count = 0, began = before; ; count++) {
    const { value: step, done } = steps.next();
    if (step !== undefined && (step.kind === 'event' || step.kind === 'rejected')) {
      cost.items++;
      work(step);
    }
    const now = cpuMs();
    cost.longestStepMs = Math.max(cost.longestStepMs, now - began);
    began = now;
    if (count % 16 === 0) {
      cost.heapBytes = Math.max(cost.heapBytes, getHeapStatistics().used_heap_size - heapBefore);
    }
    if (done === true) break;
  }
  cost.ms = cpuMs() - before;
  return cost;
}

function work(item: RequestItem): void {
  const outcome = pipeline.process(item, requestContext);
  if (outcome.kind === 'clean') encodeEvent(outcome.event);
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

test('a bomb of brackets costs as much as looking at its bytes, whatever its depth', () => {
  const costs = [1, 4].map((size) => {
    const half = size * MiB;
    const body = Buffer.concat([Buffer.alloc(half, '['), Buffer.alloc(half, ']')]);
    return costOf({ title: '', hint: '4', contentType: 'application/json', body }).ms;
  });
  expect(costs[1]!).toBeLessThan(40 + 8 * costs[0]!);
  const item = pipeline.split(Buffer.from('['.repeat(MiB) + ']'.repeat(MiB)), '4', 'application/json');
  expect(item).toMatchObject({ items: [{ kind: 'rejected', reason: 'too-deep' }] });
});

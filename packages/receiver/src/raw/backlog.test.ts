import { expect, test } from 'vitest';
import { Backlog } from './backlog.ts';

const waitMaxMs = 2_000;
const bytes = 1_000;

/** Records arrive and are taken at given rates, evenly over the partitions; stops when `until` holds. */
function run(o: { perMs: number; takenPerMs: number; ms: number; partitions?: number; stuck?: number[] }) {
  const { perMs, takenPerMs, ms, partitions = 4, stuck = [] } = o;
  const backlog = new Backlog(partitions, waitMaxMs);
  const queues: number[][] = Array.from({ length: partitions }, () => []);
  const counts = { taken: 0, refused: 0, waitedMsMax: 0 };
  let arrivals = 0;
  let room = 0;
  for (let now = 1; now <= ms; now += 1) {
    for (arrivals += perMs; arrivals >= 1; arrivals -= 1) {
      const partition = (counts.taken + counts.refused) % partitions;
      if (backlog.isOverloaded(now) || backlog.partitionIsOverloaded(partition, now)) counts.refused += 1;
      else {
        counts.taken += 1;
        backlog.added(partition, bytes, now);
        queues[partition]!.push(now);
      }
    }
    if (now % 20 !== 0) continue;
    room += takenPerMs * 20;
    for (let any = true; any && room >= 1;) {
      any = false;
      for (const [partition, queue] of queues.entries()) {
        if (stuck.includes(partition) || queue.length === 0 || room < 1) continue;
        counts.waitedMsMax = Math.max(counts.waitedMsMax, now - queue.shift()!);
        backlog.settled(partition, 1, bytes, 'written', now);
        room -= 1;
        any = true;
      }
    }
    room = Math.min(room, takenPerMs * 20);
  }
  return { ...counts, backlog };
}

test('below saturation nothing is refused', () => {
  expect(run({ perMs: 0.9, takenPerMs: 1, ms: 20_000 }).refused).toBe(0);
});

test.each([1.5, 2, 4, 10])(
  'at %d times the saturation Kafka stays busy, nobody waits much too long',
  (times) => {
    const { taken, waitedMsMax } = run({ perMs: times, takenPerMs: 1, ms: 30_000 });
    expect(taken).toBeGreaterThan(30_000 * 0.97);
    expect(waitedMsMax).toBeLessThan(2 * waitMaxMs);
  },
);

test('a burst after quiet times is taken', () => {
  const { backlog } = run({ perMs: 0.01, takenPerMs: 1, ms: 20_000 });
  for (let n = 0; n < 5_000; n += 1) backlog.added(n % 4, bytes, 20_001);
  expect(backlog.isOverloaded(20_002)).toBe(false);
});

test("a partition that is stuck refuses its own records, and nobody else's", () => {
  const { refused, taken, backlog } = run({ perMs: 0.8, takenPerMs: 1, ms: 20_000, stuck: [2] });
  expect(taken + refused).toBeCloseTo(16_000, -1);
  expect(refused).toBeGreaterThan(4_000 * 0.85);
  expect(refused).toBeLessThan(4_000);
  expect(backlog.isOverloaded(20_001)).toBe(false);
  expect(backlog.partitionIsOverloaded(2, 20_001)).toBe(true);
});

test('when all are stuck everything is refused before its body is read, until they have settled', () => {
  const { backlog, taken } = run({ perMs: 1, takenPerMs: 1, ms: 8_000, stuck: [0, 1, 2, 3] });
  expect(taken).toBeLessThan(2_200);
  expect(backlog.isOverloaded(8_001)).toBe(true);
  for (const partition of [0, 1, 2, 3]) backlog.settled(partition, 600, 600_000, 'failed', 8_050);
  expect(backlog.isOverloaded(8_100)).toBe(false);
});

test('a stall that is over does not refuse anybody afterwards', () => {
  const { backlog } = run({ perMs: 1, takenPerMs: 1.5, ms: 4_000 });
  for (let n = 0; n < 1_500; n += 1) backlog.added(n % 4, bytes, 4_000 + n);
  for (const partition of [0, 1, 2, 3]) backlog.settled(partition, 375, 375_000, 'written', 5_600);
  expect(backlog.isOverloaded(5_700)).toBe(false);
});

test('when most last writes failed it is not ready; a write, or time, makes it ready again', () => {
  const backlog = new Backlog(8, waitMaxMs);
  const write = (partition: number, outcome: 'written' | 'failed' | 'unfit', now: number) => {
    backlog.added(partition, bytes, now - 10);
    backlog.settled(partition, 1, bytes, outcome, now);
  };
  expect(backlog.notReady(0)).toBeUndefined();
  write(0, 'written', 100);
  write(1, 'failed', 100);
  expect(backlog.notReady(200)).toBeUndefined();
  write(2, 'failed', 300);
  expect(backlog.notReady(300)).toBe('writes to 2 of 3 partitions fail');
  write(2, 'written', 400);
  expect(backlog.notReady(400)).toBeUndefined();
  write(0, 'failed', 500);
  expect(backlog.notReady(500)).toBe('writes to 2 of 3 partitions fail');
  expect(backlog.notReady(10_501)).toBeUndefined();
  for (let n = 0; n < 8; n += 1) write(n, 'unfit', 20_000);
  expect(backlog.notReady(20_000)).toBeUndefined();
});

test('a partition that takes nothing for longer than the limit fails before its deadline', () => {
  const backlog = new Backlog(8, waitMaxMs);
  backlog.added(3, bytes, 100);
  expect(backlog.notReady(2_000)).toBeUndefined();
  expect(backlog.notReady(2_200)).toBe('writes to 1 of 1 partitions fail');
});

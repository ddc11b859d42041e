import { encodeBatch, type Fetched } from '@penstock/kafka';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { rawRecord } from '../../test/raw-records.ts';
import { DedupWindow } from '../dedup/dedup-window.ts';
import { GeoLookup } from '../geo/geo-lookup.ts';
import { builtInCatalogue, createPipeline } from '@penstock/events';
import { pause, type Pause } from '../position/pause.ts';
import { filterTopics } from '../topics.ts';
import { Assignment } from './assignment.ts';
import { LargeBodies } from '../request/large-bodies.ts';
import { DuplicateSamples } from './duplicate-samples.ts';
import { ReceiverClocks } from './receiver-clocks.ts';
import { OutputBudget } from './output-budget.ts';
import { OwnedPartition, type PartitionTools } from './owned-partition.ts';
import type { TakenOver } from './take-over-partition.ts';

const topics = filterTopics({ raw: 'raw', clean: 'clean', rejected: 'rejected', seen: 'seen' }, {});
const pipeline = createPipeline(builtInCatalogue);

function toolsOf(): PartitionTools {
  const geo = new GeoLookup([], { add: () => undefined });
  return {
    topics,
    filter: { pipeline, geo, ipPrivacy: 'drop', bodyBytesMax: 1_000_000 },
    output: { batchBytesMax: 1_000, budget: new OutputBudget(1_000_000), send: () => undefined },
    largeBodies: new LargeBodies(2),
    samples: new DuplicateSamples({ info: () => undefined }),
    clocks: new ReceiverClocks({ add: () => undefined }, { warn: () => undefined }),
  };
}

function owned(partition: number, tools = toolsOf()): OwnedPartition {
  const window = new DedupWindow({ windowMs: 1_000, idsMax: 1_024 });
  const begin = {
    partition,
    topicId: 'id',
    offset: 0n,
    leaderEpoch: 0,
    streamTimeMs: 0,
    window,
    seenAccepted: null,
  };
  return new OwnedPartition(begin, tools);
}

function largeRequest(): Fetched {
  const body = gzipSync(Buffer.alloc(500_000, ' '));
  const { bytes } = encodeBatch([rawRecord({ body, hint: '2', contentEncoding: 'gzip' })]);
  const ends = { nextOffset: 1n, highWatermark: 1n, lastStableOffset: 1n, logStartOffset: 0n };
  const offsets = { baseOffset: 0n, lastOffset: 0n, firstOffset: 0n, count: 1 };
  return {
    ...{ topic: 'raw', partition: 1, lastEpoch: 0, bytes: bytes.length, ...ends },
    batches: [{ ...offsets, bytes, leaderEpoch: 0, maxTimestampMs: 0 }],
    release: () => undefined,
    [Symbol.dispose]: () => undefined,
  };
}

/** @param leaderless numbers of the output partitions that have no leader. */
function start(o: { leaderless?: Set<number> } = {}) {
  const logged: object[] = [];
  const looks: { partition: number; paused: Pause | undefined; signal: AbortSignal }[] = [];
  const leader = (partition: number) => ({ leader: o.leaderless?.has(partition) ? -1 : 1 });
  const assignment = new Assignment(
    (partition, paused, signal) => {
      looks.push({ partition, paused, signal });
      return new Promise<TakenOver | Pause>(() => undefined);
    },
    {
      knownTopic: () => ({ id: 'id', partitions: [0, 1, 2, 3].map(leader) }) as never,
      refresh: async () => undefined,
    },
    topics,
    { warn: () => undefined, error: (fields: object) => void logged.push(fields) } as never,
    { onTaken: () => undefined, onFailed: () => undefined },
  );
  return { assignment, looks, logged };
}

function restedMs(assignment: Assignment, partition: number): number {
  const state = assignment.states.get(partition);
  return state?.kind === 'resting' ? state.restedMs : 0;
}

const why = pause('raw-corrupt', 'a batch cannot be read', null);

describe('a partition whose output takes nothing', () => {
  test('rests longer each time, until something is written', () => {
    const { assignment } = start();
    for (const partition of [2, 3]) assignment.run(owned(partition));
    const rests: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      assignment.rest([3]);
      rests.push(restedMs(assignment, 3));
      expect(assignment.wakeRested(performance.now() + 61_000)).toHaveLength(1);
    }
    expect(rests).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
    assignment.wrote(3);
    assignment.rest([3]);
    expect(restedMs(assignment, 3)).toBe(5_000);
  });

  test('is tried soon where all take nothing: nobody is held up', () => {
    const { assignment } = start();
    for (const partition of [1, 2]) assignment.run(owned(partition));
    assignment.begin(3); // is being taken over: it has nothing open
    assignment.pause(4, why);
    const rests: number[][] = [];
    for (let n = 0; n < 3; n += 1) {
      expect(assignment.rest([1, 2])).toEqual([1, 2]);
      rests.push([1, 2].map((partition) => restedMs(assignment, partition)));
      expect(assignment.wakeRested(performance.now() + 61_000)).toHaveLength(2);
    }
    expect(rests).toEqual([500, 1_000, 2_000].map((ms) => [ms, ms]));
    assignment.rest([1]);
    expect(restedMs(assignment, 1)).toBe(5_000); // the other one runs
    assignment.wrote(2);
    assignment.rest([2]);
    expect(restedMs(assignment, 2)).toBe(500); // and now rests as well
    expect(assignment.wakeRested(performance.now() + 600)).toHaveLength(2); // the first one with it
  });

  test('is woken only when its outputs have a leader', () => {
    const leaderless = new Set([3]);
    const { assignment } = start({ leaderless });
    for (const partition of [2, 3]) assignment.run(owned(partition));
    for (const partition of [2, 3]) assignment.rest([partition]);
    const now = Math.ceil(performance.now()); // whole, so that sums of it are exact
    expect(assignment.wakeRested(now)).toEqual([]);
    expect(assignment.wakeRested(now + 6_000).map(({ partition }) => partition)).toEqual([2]);
    expect([assignment.isResting(2), assignment.isResting(3)]).toEqual([false, true]);
    leaderless.clear();
    expect(assignment.wakeRested(now + 6_500)).toEqual([]); // looked at again a second later
    expect(assignment.wakeRested(now + 7_000).map(({ partition }) => partition)).toEqual([3]);
  });

  test('is still owned, and is forgotten when it is given away', () => {
    const { assignment } = start();
    assignment.run(owned(3));
    assignment.rest([3]);
    expect(assignment.ownedOf(3)?.partition).toBe(3);
    assignment.drop(3);
    expect(assignment.ownedOf(3)).toBeUndefined();
    expect(assignment.wakeRested(performance.now() + 60_000)).toEqual([]);
    expect(assignment.rest([3])).toEqual([]);
  });
});

describe('a paused partition', () => {
  test('is looked at again with the reason of its pause, and is said once', () => {
    const { assignment, looks, logged } = start();
    assignment.pause(1, why);
    assignment.lookAgain();
    expect(looks).toMatchObject([{ partition: 1, paused: why }]);
    assignment.pause(1, why);
    expect(logged).toHaveLength(1);
    assignment.pause(1, pause('raw-overtaken', 'records are gone', 7n));
    expect(logged).toMatchObject([{ code: 'raw-corrupt' }, { code: 'raw-overtaken', resumeAt: '7' }]);
  });

  test('that ran meanwhile is said again', () => {
    const { assignment, logged } = start();
    assignment.pause(1, why);
    assignment.run(owned(1));
    assignment.pause(1, why);
    expect(logged).toHaveLength(2);
  });
});

test('a partition that is taken away amid a large request frees its place', async () => {
  const { assignment } = start();
  const tools = toolsOf();
  for (let n = 0; n < 5; n += 1) {
    const one = owned(1, tools);
    assignment.run(one);
    one.backlog.add(largeRequest());
    one.work(Infinity, () => undefined);
    assignment.drop(1);
  }
  await new Promise(setImmediate);
  const last = owned(1, tools);
  last.backlog.add(largeRequest());
  while (last.position === 0n) {
    last.work(Infinity, () => undefined);
    await new Promise(setImmediate);
  }
  expect(last.open.tally).toMatchObject({ requests: 1, events: 1 });
});

test('a takeover that was begun anew, or whose partition was given away, is void', () => {
  const { assignment, looks } = start();
  assignment.begin(1);
  assignment.begin(1);
  assignment.begin(2);
  assignment.dropAll();
  expect(looks.map(({ signal }) => signal.aborted)).toEqual([true, true, true]);
  expect(assignment.states.size).toBe(0);
});

import { builtInCatalogue, createPipeline, type FormatHint } from '@penstock/events';
import { encodeBatch } from '@penstock/kafka';
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { rawRecord } from '../../test/raw-records.ts';
import { DedupWindow } from '../dedup/dedup-window.ts';
import { GeoLookup } from '../geo/geo-lookup.ts';
import { isBalanced } from '../dedup/tally.ts';
import { LargeBodies } from '../request/large-bodies.ts';
import { filterTopics } from '../topics.ts';
import { DuplicateSamples } from './duplicate-samples.ts';
import { ReceiverClocks } from './receiver-clocks.ts';
import { OutputBudget } from './output-budget.ts';
import { OwnedPartition } from './owned-partition.ts';

const mib = 1024 * 1024;
const inflatedBytes = 4 * mib;

/**
 * CPU time of this thread, of which an idle core needs a fifth, and memory beside the heap, with what the
 * collector has not yet freed.
 */
const allowed = { msPerMiB: 250, msPerTurn: 60, bytesPerByte: 6 };

/** A body made of repetitions between two ends. */
function body(open: string, part: string, close = ''): Buffer {
  const times = Math.floor((inflatedBytes - open.length - close.length) / part.length);
  const bytes = Buffer.alloc(times * part.length, part);
  return Buffer.concat([Buffer.from(open), bytes, Buffer.from(close)]);
}

const half = inflatedBytes / 2;
const hostile: Readonly<Record<string, { bytes: Buffer; hint: FormatHint | null }>> = {
  'arrays in arrays': { bytes: Buffer.from('['.repeat(half) + ']'.repeat(half)), hint: '3' },
  'objects in objects': { bytes: body('', '{"a":'), hint: '2' },
  'an array of empty objects': { bytes: body('[{}', ',{}', ']'), hint: '2' },
  'an array of numbers': { bytes: body('[1', ',1', ']'), hint: '2' },
  'an envelope of broken events': { bytes: body('{"batch":[1', ',{"x":[]}', ']}'), hint: '3' },
  'one object of many keys': { bytes: body('{"k":1', ',"k":1', '}'), hint: '2' },
  'one long number': { bytes: body('{"name":1', '1', '}'), hint: '2' },
  'one long string': { bytes: body('{"name":"', 'x', '"}'), hint: '2' },
  'a string of escapes': { bytes: body('{"name":"', '\\u0041', '"}'), hint: '2' },
  'a string of backslashes': { bytes: body('{"name":"', '\\\\', '"}'), hint: '2' },
  'white space': { bytes: body('[', ' ', '1]'), hint: null },
  'empty lines': { bytes: body('{}', '\n', '{}'), hint: '4' },
  'lines of one byte': { bytes: body('1', '\n1'), hint: '4' },
  'a query of many fields': { bytes: body('e=x', '&a=b'), hint: '1' },
  'a query of percent signs': { bytes: body('e=', '%41'), hint: '1' },
  'bytes that are no UTF-8': { bytes: body('{"name":"', '\xff', '"}'), hint: '2' },
};

function start(): OwnedPartition {
  const topics = filterTopics({ raw: 'raw', clean: 'clean', rejected: 'rejected', seen: 'seen' }, {});
  return new OwnedPartition(
    {
      partition: 0,
      topicId: 'id',
      offset: 0n,
      leaderEpoch: 0,
      streamTimeMs: 0,
      window: new DedupWindow({ windowMs: 600_000, idsMax: 1 << 16 }),
      seenAccepted: null,
    },
    {
      topics,
      filter: {
        pipeline: createPipeline(builtInCatalogue),
        geo: new GeoLookup([], { add: () => undefined }),
        ipPrivacy: 'truncate',
        bodyBytesMax: inflatedBytes,
      },
      output: { batchBytesMax: 900 * 1024, budget: new OutputBudget(1 << 30), send: () => undefined },
      largeBodies: new LargeBodies(2),
      samples: new DuplicateSamples({ info: () => undefined }),
      clocks: new ReceiverClocks({ add: () => undefined }, { warn: () => undefined }),
    },
  );
}

/** CPU time of this thread, ms: a busy machine does not change it. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** Filters one request in turns of 10 ms, as the thread does, and says what it cost. */
async function filterAlone(value: Buffer, hint: FormatHint | null, contentEncoding: string) {
  const owned = start();
  const { bytes } = encodeBatch([rawRecord({ body: value, hint, contentEncoding })]);
  const ends = { nextOffset: 1n, highWatermark: 1n, lastStableOffset: 1n, logStartOffset: 0n };
  const batch = {
    bytes,
    baseOffset: 0n,
    lastOffset: 0n,
    firstOffset: 0n,
    count: 1,
    leaderEpoch: 0,
    maxTimestampMs: 0,
  };
  owned.backlog.add({
    ...{ topic: 'raw', partition: 0, batches: [batch], lastEpoch: 0, bytes: bytes.length, ...ends },
    release: () => undefined,
    [Symbol.dispose]: () => undefined,
  });
  let longestMs = 0;
  let memoryBytes = 0;
  const began = cpuMs();
  while (owned.position < 1n) {
    const turn = cpuMs();
    owned.work(performance.now() + 10, () => undefined);
    longestMs = Math.max(longestMs, cpuMs() - turn);
    memoryBytes = Math.max(memoryBytes, process.memoryUsage().arrayBuffers);
    await new Promise(setImmediate);
  }
  const totalMs = cpuMs() - began;
  const finishing = cpuMs();
  owned.finish();
  longestMs = Math.max(longestMs, cpuMs() - finishing);
  return { longestMs, totalMs, memoryBytes, tally: owned.open.tally };
}

const encodings: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: (bytes) => gzipSync(bytes),
  deflate: (bytes) => deflateSync(bytes),
  br: (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  zstd: (bytes) => zstdCompressSync(bytes),
};

const cases = [
  ...Object.keys(hostile).map((name) => [name, 'gzip'] as const),
  ...Object.keys(encodings).map((encoding) => ['arrays in arrays', encoding] as const),
];

test.each(cases)(
  '%s in %s cost what inflating them costs, in pieces that hold nobody up',
  async (name, encoding) => {
    const { bytes, hint } = hostile[name]!;
    const before = process.memoryUsage().arrayBuffers;
    const cost = await filterAlone(encodings[encoding]!(bytes), hint, encoding);
    expect(isBalanced(cost.tally)).toBe(true);
    expect(cost.tally.events).toBeGreaterThan(0);
    expect(cost.totalMs).toBeLessThan((allowed.msPerMiB * bytes.length) / mib);
    expect(cost.longestMs).toBeLessThan(allowed.msPerTurn);
    expect(cost.memoryBytes - before).toBeLessThan(allowed.bytesPerByte * bytes.length);
  },
  60_000,
);

import { codecs, encodeBatch, readRecords, type Fetched, type FetchedBatch } from '@penstock/kafka';
import type { PartitionPosition } from '@penstock/ledger';
import { Metrics } from '@penstock/service';
import { expect, test } from 'vitest';
import { declareMirrorMetrics } from '../metrics.ts';
import { CopiedPartition } from './copied-partition.ts';
import { copyFetched } from './copy-fetched.ts';

const runs = Number(process.env['PENSTOCK_FUZZ_RUNS'] ?? 150);
const firstSeed = Number(process.env['PENSTOCK_FUZZ_SEED'] ?? 1);

// Long in `npm run soak -- mirror`: about 3 ms each.
test('whatever was fetched comes out the same, once and in order, or leaves a reference', () => {
  for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
    const random = randomOf(seed);
    const limit = random(2) === 0 ? 1_000_000 : 2_000 + random(20_000);
    const { batches, end } = randomBatches(random);
    // A takeover may begin in the middle of a batch, and an answer may hold any number of batches.
    const start = batches[0]!.baseOffset + BigInt(random(batches[0]!.count));
    const expected = batches.flatMap(({ bytes }) => contents(bytes, start));
    const { copied, spans, rejected, partition } = copy(batches, start, end, limit, random);
    const tooLarge = new Set(rejected);
    const said = `PENSTOCK_FUZZ_SEED=${seed}`;
    expect(copied, said).toEqual(
      expected.filter(({ offset }) => !tooLarge.has(offset)).map(({ what }) => what),
    );
    for (const { bytes, first, last, count } of spans) {
      expect(bytes, said).toBeLessThanOrEqual(limit);
      expect(last - first + 1n, said).toBeGreaterThanOrEqual(BigInt(count));
    }
    expect(partition.next, said).toMatchObject({ position: end, pause: null });
  }
}, 600_000);

type Random = (below: number) => number;

/** mulberry32: the same numbers for the same seed. */
function randomOf(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Of all codecs and many sizes, with offsets between them that markers and aborted batches have taken. */
function randomBatches(random: Random): { batches: FetchedBatch[]; end: bigint } {
  const batches: FetchedBatch[] = [];
  let offset = BigInt(random(1_000_000));
  for (let left = 1 + random(8); left > 0; left -= 1) {
    const records = Array.from({ length: 1 + random(random(2) === 0 ? 3 : 60) }, () => randomRecord(random));
    const { bytes, count } = encodeBatch(records, { codec: codecs[random(codecs.length)] ?? 'none' });
    bytes.writeBigInt64BE(offset, 0);
    const lastOffset = offset + BigInt(count) - 1n;
    const maxTimestampMs = Math.max(...records.map(({ timestampMs }) => timestampMs));
    const place = { baseOffset: offset, firstOffset: offset, lastOffset, leaderEpoch: random(9) };
    batches.push({ bytes, count, maxTimestampMs, ...place });
    offset = lastOffset + 1n + BigInt(random(3)); // markers, or an aborted batch
  }
  return { batches, end: offset };
}

function randomRecord(random: Random) {
  const some = (max: number) => Buffer.from(Array.from({ length: random(max) }, () => random(256)));
  const orNull = (max: number) => (random(4) === 0 ? null : some(max));
  const names = Array.from({ length: random(4) }, () => some(6));
  const encodedHeaders = Buffer.concat([
    Buffer.from([2 * names.length]),
    ...names.map((name) => Buffer.concat([Buffer.from([2 * name.length]), name, Buffer.from([random(2)])])),
  ]);
  const timestampMs = random(5) === 0 ? random(1_000) : 1_700_000_000_000 + random(2_000_000_000) - 10 ** 9;
  return { key: orNull(40), value: orNull(random(20) === 0 ? 30_000 : 300), encodedHeaders, timestampMs };
}

function copy(batches: FetchedBatch[], start: bigint, end: bigint, limit: number, random: Random) {
  const at: PartitionPosition = {
    topic: 'clean',
    topicId: 'id',
    targetTopicId: 'copy',
    partition: 0,
    position: start,
    leaderEpoch: -1,
    lastTargetOffset: -1n,
    sourceEnd: null,
    retired: false,
    pause: null,
  };
  const partition = new CopiedPartition(at, { topic: 'clean', partition: 0 }, 'in-ledger');
  partition.markCopying();
  const copied: string[] = [];
  const references: { value: Uint8Array | null }[] = [];
  const open = {
    session: {
      append: (_topic: string, _partition: number, { bytes }: { bytes: Buffer }) =>
        void copied.push(...contents(bytes, bytes.readBigInt64BE(0)).map(({ what }) => what)),
    },
    appended: [],
    rejected: references,
  } as unknown as Parameters<typeof copyFetched>[3];
  const metrics = declareMirrorMetrics(new Metrics('mirror'));
  for (let rest = batches; rest.length > 0;) {
    const taken = rest.slice(0, 1 + random(rest.length));
    rest = rest.slice(taken.length);
    const nextOffset = rest[0]?.baseOffset ?? end;
    const begun = taken.map((each) => ({
      ...each,
      firstOffset: each.baseOffset < start && start <= each.lastOffset ? start : each.baseOffset,
    }));
    copyFetched(partition, fetched(begun, nextOffset, end), { messageBytesMax: limit }, open, metrics);
  }
  const spans = open.appended.map(({ bytes, firstOffset, lastOffset, count }) => ({
    ...{ bytes, first: firstOffset, last: lastOffset, count },
  }));
  const rejected = references.map(({ value }) => {
    const { offset } = JSON.parse(Buffer.from(value ?? []).toString()) as { offset: string };
    return BigInt(offset);
  });
  return { copied, spans, rejected, partition };
}

function fetched(batches: FetchedBatch[], nextOffset: bigint, end: bigint): Fetched {
  const marks = { highWatermark: end, lastStableOffset: end, logStartOffset: 0n };
  const memory = { bytes: 0, release: () => undefined, [Symbol.dispose]: () => undefined };
  return { topic: 'clean', partition: 0, batches, nextOffset, lastEpoch: 9, ...marks, ...memory };
}

function contents(bytes: Buffer, firstOffset: bigint): { offset: bigint; what: string }[] {
  return Array.from(readRecords({ bytes, firstOffset }), (record) => ({
    offset: record.offset,
    what: [
      record.timestampMs,
      record.key?.toString('hex') ?? null,
      record.value?.toString('hex') ?? null,
      record.encodedHeaders.toString('hex'),
    ].join(' '),
  }));
}

import { crc32c } from '@node-rs/crc32';
import { describe, expect, test } from 'vitest';
import { encodeBatch } from '../bytes/encode-batch.ts';
import { visibleBatches } from './visible-batches.ts';

interface Written {
  at: bigint;
  producer?: bigint;
  /** Values; or the type of a control batch. */
  values?: string[];
  control?: 'abort' | 'commit';
  epoch?: number;
}

/** A piece of log, written by hand so that every order of transactions is possible. */
function log(...written: Written[]): Buffer {
  return Buffer.concat(written.map(batch));
}

function batch({ at, producer, values = ['v'], control, epoch = 3 }: Written): Buffer {
  const key = control ? Buffer.from([0, 0, 0, control === 'abort' ? 0 : 1]) : null;
  const { bytes } = encodeBatch(
    (control ? [''] : values).map((value) => ({ key, value: Buffer.from(value), timestampMs: 5 })),
  );
  bytes.writeBigInt64BE(at, 0);
  bytes.writeInt32BE(epoch, 12);
  bytes.writeUInt16BE((producer === undefined ? 0 : 0x10) | (control ? 0x20 : 0), 21);
  bytes.writeBigInt64BE(producer ?? -1n, 43);
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}

function offsets(
  records: Buffer,
  position: bigint,
  aborted: [producer: bigint, first: bigint][],
  committed = true,
): bigint[] {
  const list = aborted.map(([producerId, firstOffset]) => ({ producerId, firstOffset }));
  return visibleBatches(records, position, list, committed).batches.map(({ baseOffset }) => baseOffset);
}

describe('read_committed', () => {
  test('two aborted transactions of a producer do not hide the committed one between them', () => {
    const records = log(
      { at: 0n, producer: 1n },
      { at: 1n, producer: 1n, control: 'abort' },
      { at: 2n, producer: 1n },
      { at: 3n, producer: 1n, control: 'commit' },
      { at: 4n, producer: 1n },
      { at: 5n, producer: 1n, control: 'abort' },
    );
    expect(
      offsets(records, 0n, [
        [1n, 0n],
        [1n, 4n],
      ]),
    ).toEqual([2n]);
    expect(
      offsets(records, 0n, [
        [1n, 4n],
        [1n, 0n],
      ]),
      'the list need not be sorted',
    ).toEqual([2n]);
  });

  test('interleaved producers: only the aborted one is hidden, plain records never', () => {
    const records = log(
      { at: 0n, producer: 1n },
      { at: 1n, producer: 2n },
      { at: 2n },
      { at: 3n, producer: 1n },
      { at: 4n, producer: 2n },
      { at: 5n, producer: 2n, control: 'commit' },
      { at: 6n, producer: 1n, control: 'abort' },
      { at: 7n, producer: 1n },
      { at: 8n, producer: 1n, control: 'commit' },
    );
    expect(offsets(records, 0n, [[1n, 0n]])).toEqual([1n, 2n, 4n, 7n]);
  });

  test('an aborted transaction that begins before this answer and ends after it stays hidden', () => {
    const records = log({ at: 10n, producer: 1n }, { at: 11n, producer: 2n }, { at: 12n, producer: 1n });
    expect(offsets(records, 10n, [[1n, 4n]])).toEqual([11n]);
  });

  test('an answer that begins at the abort marker shows what the producer commits next', () => {
    const records = log(
      { at: 10n, producer: 1n, control: 'abort' },
      { at: 11n, producer: 1n },
      { at: 12n, producer: 1n, control: 'commit' },
    );
    expect(offsets(records, 10n, [[1n, 4n]])).toEqual([11n]);
  });

  test('an abort that begins inside a long batch of another producer hides nothing of that', () => {
    const records = log(
      { at: 0n, producer: 2n, values: ['a', 'b', 'c'] },
      { at: 3n, producer: 1n },
      { at: 4n, producer: 1n, control: 'abort' },
    );
    expect(offsets(records, 0n, [[1n, 3n]])).toEqual([0n]);
  });
});

test('read_uncommitted shows everything but control batches', () => {
  const records = log({ at: 0n, producer: 1n }, { at: 1n, producer: 1n, control: 'abort' }, { at: 2n });
  expect(offsets(records, 0n, [], false)).toEqual([0n, 2n]);
});

describe('the position', () => {
  test('moves over aborted data, control batches and gaps', () => {
    const records = log({ at: 0n, producer: 1n }, { at: 7n, producer: 1n, control: 'abort', epoch: 4 });
    const read = visibleBatches(records, 0n, [{ producerId: 1n, firstOffset: 0n }], true);
    expect(read).toMatchObject({ batches: [], nextOffset: 8n, lastEpoch: 4 });
  });

  test('inside a batch: the batch comes whole and says where to begin', () => {
    const records = log({ at: 5n, values: ['a', 'b', 'c'] }, { at: 8n });
    const read = visibleBatches(records, 6n, [], true);
    expect(read.batches).toMatchObject([
      { baseOffset: 5n, firstOffset: 6n, lastOffset: 7n, count: 3, leaderEpoch: 3, maxTimestampMs: 5 },
      { baseOffset: 8n, firstOffset: 8n, lastOffset: 8n },
    ]);
    expect(read.nextOffset).toBe(9n);
  });

  test('stays before a batch that the byte limit cut off, wherever that is', () => {
    const whole = batch({ at: 0n });
    const records = log({ at: 0n }, { at: 1n });
    for (let length = whole.length; length < records.length; length++) {
      const read = visibleBatches(records.subarray(0, length), 0n, [], true);
      expect([read.nextOffset, read.corrupt]).toEqual([1n, undefined]);
    }
  });

  test('stays before a batch with a wrong checksum, and what came before is delivered', () => {
    const records = log({ at: 0n }, { at: 1n });
    records[records.length - 1]! ^= 1;
    const read = visibleBatches(records, 0n, [], true);
    expect(read.batches).toHaveLength(1);
    expect(read).toMatchObject({ nextOffset: 1n, corrupt: 'a batch whose checksum is wrong' });
  });

  test('stays before what is no batch at all', () => {
    const old = batch({ at: 0n });
    old[16] = 1;
    expect(visibleBatches(old, 0n, [], true).corrupt).toMatch('format 1');
    expect(visibleBatches(Buffer.alloc(100, 0xff), 0n, [], true).corrupt).toBeDefined();
    expect(visibleBatches(Buffer.alloc(100), 0n, [], true).corrupt).toBeDefined();
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  damaged,
  damageKinds,
  errorOf,
  tries,
  triesTimeoutMs,
  within,
} from '../../kafka/test/damage.fixture.ts';
import { decodeGenesis, encodeGenesis } from './genesis.ts';
import { LedgerError } from './ledger-error.ts';
import { decodePairs, pairsRecord } from './offset-pairs.ts';
import { pauseKinds } from './pause.ts';
import { decodePositions, encodePositions } from './positions.ts';

const offset = fc.bigInt(0n, 2n ** 63n - 2n);
const count = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const pause = fc.record({
  kind: fc.constantFrom(...pauseKinds),
  from: offset,
  to: offset,
  sinceMs: fc.option(fc.integer({ min: 1, max: 2 ** 45 })),
  detail: fc.string({ unit: 'grapheme', maxLength: 40 }),
});
const partition = fc.record({
  topic: fc.string({ unit: 'grapheme', maxLength: 30 }),
  topicId: fc.uuid(),
  targetTopicId: fc.option(fc.uuid()),
  partition: count,
  position: offset,
  leaderEpoch: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
  lastTargetOffset: fc.bigInt(-1n, 2n ** 63n - 2n),
  sourceEnd: fc.option(offset),
  retired: fc.boolean(),
  pause: fc.option(pause),
});
const positions = fc.record({ genesisOffset: offset, partitions: fc.array(partition, { maxLength: 6 }) });
const runs = fc
  .array(fc.record({ gap: fc.bigInt(0n, 2n ** 40n), count, sourceSpan: count }), { maxLength: 8 })
  .map((steps) => {
    let at = 0n;
    return steps.map(({ gap, ...rest }) => ({ source: (at += gap), target: at * 2n, ...rest }));
  });
const genesis = fc.record({
  link: fc.string({ unit: 'grapheme' }),
  shards: count,
  sourceClusterId: fc.string(),
  targetClusterId: fc.string(),
  generation: count,
  topics: fc.array(
    fc.record({
      name: fc.string(),
      id: fc.option(fc.uuid()),
      partitions: count,
      target: fc.string(),
      ranges: fc.array(fc.record({ first: count, width: count }), { maxLength: 3 }),
      origins: fc.array(fc.record({ clusterId: fc.string(), topic: fc.string() }), { maxLength: 2 }),
    }),
    { maxLength: 3 },
  ),
});
const damages = fc.array(fc.tuple(fc.nat(9_999), fc.nat(damageKinds - 1)), { minLength: 1, maxLength: 3 });

interface Kind {
  name: string;
  values: fc.Arbitrary<unknown>;
  encode(value: unknown): Buffer;
  decode(bytes: Buffer): unknown;
}

function kind<T>(
  name: string,
  values: fc.Arbitrary<T>,
  encode: (value: T) => Buffer,
  decode: (bytes: Buffer) => unknown,
): Kind {
  return { name, values, encode: (value) => encode(value as T), decode };
}

const kinds = [
  kind('positions', positions, encodePositions, decodePositions),
  kind(
    'pairs',
    runs,
    (value) => pairsRecord({ topic: 't', partition: 0 }, value, 0).value as Buffer,
    decodePairs,
  ),
  kind('geneses', genesis, encodeGenesis, decodeGenesis),
];

test.each(kinds)(
  '$name are read as they were written',
  ({ values, encode, decode }) => {
    fc.assert(
      fc.property(values, (value) => {
        expect(decode(encode(value))).toEqual(value);
      }),
      tries,
    );
  },
  triesTimeoutMs,
);

test.each(kinds)(
  '$name cut off anywhere are a LedgerError',
  ({ values, encode, decode }) => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = encode(value);
        for (let length = 0; length < bytes.length; length++)
          expect(() => decode(bytes.subarray(0, length)), `cut at ${length}`).toThrow(LedgerError);
      }),
      { ...tries, numRuns: Math.ceil(tries.numRuns / 6) },
    );
  },
  triesTimeoutMs,
);

test.each(kinds)(
  '$name damaged are others or a LedgerError, soon and in little memory',
  ({ values, encode, decode }) => {
    fc.assert(
      fc.property(values, damages, (value, some) => {
        const outcome = within(1 << 20, () => decode(damaged(encode(value), some)));
        expect(errorOf(outcome) ?? new LedgerError('CORRUPT_RECORD', '')).toBeInstanceOf(LedgerError);
      }),
      tries,
    );
  },
  triesTimeoutMs,
);

test.each(['8080808080808080800100', 'ffffffffffffffffff7f'])(
  'a number beyond 2^53 (%s) is not rounded',
  (hex) => {
    // version, genesis offset, no topics, then that many partitions
    const bytes = Buffer.concat([Buffer.from([1, 0, 0]), Buffer.from(hex, 'hex')]);
    expect(() => decodePositions(bytes)).toThrow(LedgerError);
  },
);

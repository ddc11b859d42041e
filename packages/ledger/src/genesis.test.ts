import { expect, test } from 'vitest';
import { decodeGenesis, encodeGenesis, targetPartitionOf, widthOf, type Genesis } from './genesis.ts';
import { genesisRecord, positionsRecord, readLedgerRecord } from './ledger-record.ts';

const genesis: Genesis = {
  link: 'fra',
  shards: 4,
  sourceClusterId: 'source',
  targetClusterId: 'target',
  generation: 1,
  topics: [
    {
      name: 'events.clean',
      id: 'id',
      partitions: 12,
      target: 'events.clean',
      ranges: [
        { first: 12, width: 12 },
        { first: 40, width: 4 },
      ],
      origins: [{ clusterId: 'edge', topic: 'events.clean' }],
    },
    {
      name: 'events.purchase',
      id: null,
      partitions: 0,
      target: 'events.purchase',
      ranges: [{ first: 0, width: 6 }],
      origins: [],
    },
  ],
};

test('a genesis reads as it was written', () => {
  expect(decodeGenesis(encodeGenesis(genesis))).toEqual(genesis);
});

test.each([
  ['not JSON', 'x', 'not JSON'],
  ['a number', '5', 'genesis is not an object'],
  ['nothing in it', '{}', 'genesis.version is not a natural number'],
  ['a newer version', '{"version":3}', 'newer version'],
  ['a shard count that is none', JSON.stringify({ version: 1, ...genesis, shards: -1 }), 'genesis.shards'],
  [
    'a topic without a range',
    JSON.stringify({ version: 2, ...genesis, topics: [{ ...genesis.topics[0], ranges: undefined }] }),
    'topics[0].ranges',
  ],
  [
    'a range without a width',
    JSON.stringify({ version: 2, ...genesis, topics: [{ ...genesis.topics[0], ranges: [{ first: 0 }] }] }),
    'topics[0].ranges[0].width',
  ],
])('%s is refused as a genesis', (_, text, message) => {
  expect(() => decodeGenesis(Buffer.from(text))).toThrow(message);
});

test('a genesis of the first version has one range for each topic', () => {
  const [topic] = genesis.topics;
  const { ranges: _, origins: __, ...kept } = topic!;
  const first = { ...genesis, version: 1, topics: [{ ...kept, firstTargetPartition: 5, width: 7 }] };
  const read = decodeGenesis(Buffer.from(JSON.stringify(first)));
  expect(read.topics[0]).toMatchObject({ ...kept, ranges: [{ first: 5, width: 7 }], origins: [] });
});

test('source partitions fill the ranges of their link in order; beyond the last there is no room', () => {
  const topic = genesis.topics[0]!;
  const targets = [0, 11, 12, 15, 16].map((partition) => targetPartitionOf(topic, partition));
  expect(targets).toEqual([12, 23, 40, 43, undefined]);
  expect(widthOf(topic)).toBe(16);
});

test('ledger records are known by their key, and only in their own partition', () => {
  const written = genesisRecord(2, genesis, 0);
  expect(readLedgerRecord(2, written.key, written.value)).toEqual({ kind: 'genesis', genesis });
  expect(() => readLedgerRecord(1, written.key, written.value)).toThrow(
    'Shard 1 of the ledger holds a record of shard 2',
  );
  const positions = { genesisOffset: 5n, partitions: [] };
  const committed = positionsRecord(0, positions, 0);
  expect(readLedgerRecord(0, committed.key, committed.value)).toEqual({ kind: 'positions', positions });
  expect(() => readLedgerRecord(0, Buffer.from('other'), Buffer.alloc(0))).toThrow('none of its own');
  expect(() => readLedgerRecord(0, committed.key, null)).toThrow('none of its own');
});

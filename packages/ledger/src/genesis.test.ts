import { expect, test } from 'vitest';
import { decodeGenesis, encodeGenesis, targetPartitionOf, type Genesis } from './genesis.ts';
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
      firstTargetPartition: 12,
      width: 24,
    },
    {
      name: 'events.purchase',
      id: null,
      partitions: 0,
      target: 'events.purchase',
      firstTargetPartition: 0,
      width: 6,
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
  ['a newer version', '{"version":2}', 'newer version'],
  ['a shard count that is none', JSON.stringify({ version: 1, ...genesis, shards: -1 }), 'genesis.shards'],
  [
    'a topic without a width',
    JSON.stringify({ version: 1, ...genesis, topics: [{ name: 'x', id: null }] }),
    'topics[0]',
  ],
])('%s is refused as a genesis', (_, text, message) => {
  expect(() => decodeGenesis(Buffer.from(text))).toThrow(message);
});

test('a source partition beyond the range of its link has no target partition', () => {
  const topic = genesis.topics[0]!;
  expect([0, 23, 24].map((p) => targetPartitionOf(topic, p))).toEqual([12, 35, undefined]);
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

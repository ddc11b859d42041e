import { sharedKafka, uniqueName } from '@penstock/test-broker';
import type { TestKafka } from '@penstock/test-broker';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import {
  codecOf,
  encodeBatch,
  openCluster,
  openTransactionSession,
  readRecords,
  startBatchProducer,
  startFetcher,
} from '../src/index.ts';
import type { Cluster, FetchedBatch, OutgoingRecord } from '../src/index.ts';

// Contract test 7: what one side compresses, the other side reads. Java's clients are the other side.

const mebibyte = 1024 * 1024;
const patient = { timeout: 120_000 };
const compressing = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
const roomy = { configs: { 'max.message.bytes': String(16 * mebibyte), 'compression.type': 'producer' } };

let kafka: TestKafka;
beforeAll(async () => {
  kafka = await sharedKafka();
});

/**
 * Small, empty and null values; one that fills many blocks of any codec; one that does not compress at all.
 */
function variedRecords(): OutgoingRecord[] {
  const timestampMs = Date.now();
  const record = (key: string | null, value: string | null): OutgoingRecord => ({
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: [['name', key]],
    timestampMs,
  });
  const noise = Array.from({ length: 40_000 }, (_, index) => ((index * 2_654_435_761) >>> 0).toString(36));
  return [
    record(null, 'small'),
    record('empty', ''),
    record('', null),
    record('large', 'the same words again, '.repeat(150_000)),
    record('noise', noise.join('')),
    ...Array.from({ length: 2_000 }, (_, index) =>
      record(`key ${index}`, `value ${index} `.repeat(index % 50)),
    ),
  ];
}

const shown = ({ key, value }: { key: Uint8Array | null; value: Uint8Array | null }): string =>
  `${key && Buffer.from(key).toString()}=${value && Buffer.from(value).toString()}`;

test(
  'all codecs from the producer and from transactions are read by Java, record by record',
  patient,
  async () => {
    const { cluster, topic } = await begin('ours', compressing.length);
    const records = variedRecords();
    const again = records.filter(({ value }) => (value?.length ?? 0) < mebibyte);
    for (const [partition, codec] of compressing.entries()) {
      const outcomes = new Set<string>();
      const producer = await startBatchProducer(cluster, {
        codec,
        batchBytes: 8 * mebibyte,
        onSettled: ({ outcome }) => outcomes.add(outcome),
      });
      for (const record of records) expect(producer.append(topic, partition, record, null)).toBe(true);
      await producer[Symbol.asyncDispose]();
      expect([...outcomes]).toEqual(['written']);
      await using session = await openTransactionSession(cluster, { transactionalId: uniqueName(codec) });
      // Large, small, large: what is compressed in the thread pool keeps its position.
      for (const part of [again.slice(0, 900), again.slice(900, 905), again.slice(905)]) {
        session.append(topic, partition, encodeBatch(part), codec);
      }
      await session.commit();
    }
    const wanted = [...records, ...again].map(shown);
    const seen = await kafka.consoleConsume(topic, { maxMessages: 4 * wanted.length, timeoutMs: 30_000 });
    for (const [partition, codec] of compressing.entries()) {
      const here = seen.filter((record) => record.partition === partition).map(shown);
      expect([codec, here.length]).toEqual([codec, wanted.length]);
      expect([codec, here.findIndex((each, index) => each !== wanted[index])]).toEqual([codec, -1]);
      const { batches } = await fetchAll(cluster, topic, partition, wanted.length);
      expect(codecsOf(batches)).toEqual([codec]);
    }
  },
);

test.each(compressing)(
  "%s from Java's producer is read by the fetcher, record by record",
  patient,
  async (codec) => {
    const { cluster, topic } = await begin(codec);
    const large = 'several blocks of any codec '.repeat(100_000);
    const lines = [
      'key\tsmall',
      'empty\t',
      'null\tNULL',
      `large\t${large}`,
      ...Array.from({ length: 3_000 }, (_, index) => `key ${index}\tvalue ${index} `.repeat(1 + (index % 3))),
    ];
    const output = await kafka.tool(
      'kafka-console-producer',
      [
        ...[
          '--topic',
          topic,
          '--compression-codec',
          codec,
          '--max-partition-memory-bytes',
          String(8 * mebibyte),
        ],
        ...[
          '--command-property',
          `max.request.size=${16 * mebibyte}`,
          '--command-property',
          'linger.ms=1000',
        ],
        ...['--reader-property', 'parse.key=true', '--reader-property', 'null.marker=NULL'],
      ],
      { input: `${lines.join('\n')}\n`, timeoutMs: 100_000 },
    );
    expect(output.exitCode, output.stderr).toBe(0);
    const { records, batches } = await fetchAll(cluster, topic, 0, lines.length);
    const wanted = lines.map((line) => {
      const tab = line.indexOf('\t');
      const value = line.slice(tab + 1);
      return `${line.slice(0, tab)}=${value === 'NULL' ? 'null' : value}`;
    });
    expect(records.length).toBe(wanted.length);
    expect(records.findIndex((each, index) => each !== wanted[index])).toBe(-1);
    expect(new Set(batches.map(({ bytes }) => codecOf(bytes)))).toEqual(new Set([codec]));
  },
);

test('large batches, compressed in the pool, and small ones between them keep their order', async () => {
  const { cluster, topic } = await begin('order');
  const written: number[] = [];
  const producer = await startBatchProducer(cluster, {
    codec: 'zstd',
    batchBytes: 256 * 1024,
    lingerMs: 1,
    memoryBytes: 8 * mebibyte,
    onSettled({ outcome, tokens }) {
      expect(outcome).toBe('written');
      for (const token of tokens) written.push(token as number);
    },
  });
  const words = 'any words, '.repeat(20_000);
  for (let number = 0; number < 600;) {
    const value = Buffer.from(`${number} ${words.slice(0, number % 7 === 0 ? 200_000 : 100)}`);
    if (producer.append(topic, 0, { key: null, value, timestampMs: Date.now() }, number)) number++;
    else await new Promise((resolve) => setTimeout(resolve, 2));
    expect(producer.bufferedBytes).toBeLessThanOrEqual(8 * mebibyte);
    if (number % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await producer[Symbol.asyncDispose]();
  expect(producer.bufferedBytes).toBe(0);
  const numbers = Array.from({ length: 600 }, (_, index) => index);
  expect(written).toEqual(numbers);
  const { records } = await fetchAll(cluster, topic, 0, 600);
  expect(records.map((record) => Number.parseInt(record.slice('null='.length), 10))).toEqual(numbers);
});

test('an abort while a batch is compressed leaves nothing, and the next transaction is whole', async () => {
  const { cluster, topic } = await begin('aborted');
  await using session = await openTransactionSession(cluster, { transactionalId: uniqueName('aborted') });
  const large = (name: string) => {
    const value = Buffer.from(`${name} `.repeat(500_000));
    return encodeBatch([{ key: Buffer.from(name), value, timestampMs: Date.now() }]);
  };
  for (const name of ['first', 'second', 'third', 'fourth']) {
    session.append(topic, 0, large(name), 'gzip');
    if (name === 'first' || name === 'third') await session.abort();
    else await session.commit();
  }
  const { records } = await fetchAll(cluster, topic, 0, 2);
  expect(records.map((record) => record.split('=')[0])).toEqual(['second', 'fourth']);
});

function codecsOf(batches: readonly Pick<FetchedBatch, 'bytes'>[]) {
  return [...new Set(batches.map(({ bytes }) => codecOf(bytes)))];
}

async function begin(name: string, partitions = 1): Promise<{ cluster: Cluster; topic: string }> {
  const cluster = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'compression' });
  onTestFinished(() => cluster[Symbol.asyncDispose]());
  const topic = uniqueName(`compression-${name}`);
  await kafka.createTopic(topic, { partitions, ...roomy });
  return { cluster, topic };
}

async function fetchAll(cluster: Cluster, topic: string, partition: number, count: number) {
  using fetcher = startFetcher(cluster, { isolation: 'read_committed', maxWaitMs: 100 });
  fetcher.assign(topic, partition, { offset: 0n, lastFetchedEpoch: -1 });
  const records: string[] = [];
  const batches: Pick<FetchedBatch, 'bytes'>[] = [];
  const until = Date.now() + 30_000;
  while (records.length < count) {
    if (Date.now() > until) throw new Error(`${records.length} of ${count} records came`);
    for (const fetched of await fetcher.next({ maxWaitMs: 500 })) {
      expect(fetched.problem).toBeUndefined();
      for (const batch of fetched.batches) {
        batches.push({ bytes: Buffer.from(batch.bytes) }); // views end with the next call of next()
        for (const record of readRecords(batch)) records.push(shown(record));
      }
    }
  }
  return { records, batches };
}

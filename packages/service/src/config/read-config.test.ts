import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { ConfigError } from '../errors.ts';
import { exampleEnv } from './example-env.ts';
import { bytes, durationMs, flag, integer, list, listen, oneOf, secret, text } from './knobs.ts';
import { effectiveConfig, readConfig } from './read-config.ts';
import { chassisKnobs, kafkaConnection, kafkaKnobs, kafkaProblems } from './shared-knobs.ts';

const why = 'Because.';
const every = {
  name: text('PENSTOCK_X_NAME', { why, pattern: /^[a-z]+$/, default: 'abc' }),
  count: integer('PENSTOCK_X_COUNT', { why, min: 1, max: 9, default: 3 }),
  waitMs: durationMs('PENSTOCK_X_WAIT_MS', { why, min: 0, max: 60_000, default: 250 }),
  size: bytes('PENSTOCK_X_SIZE_BYTES', { why, min: 1, max: 1024 ** 3, default: 1024 ** 2 }),
  on: flag('PENSTOCK_X_ON', { why, default: false }),
  inner: {
    topics: list('PENSTOCK_X_TOPICS', { why, default: ['a', 'b'] }),
    http: listen('PENSTOCK_X_LISTEN', { why, default: { address: '::1', port: 80 } }),
  },
  mode: oneOf('PENSTOCK_X_MODE', ['fast', 'safe'], { why, default: 'safe' }),
  key: secret('PENSTOCK_X_KEY', { why, optional: true }),
};

const problemsOf = (read: () => unknown): readonly string[] => {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

test('an empty environment gives the defaults', () => {
  expect(readConfig(every, { env: {} })).toEqual({
    name: 'abc',
    count: 3,
    waitMs: 250,
    size: 1_048_576,
    on: false,
    inner: { topics: ['a', 'b'], http: { address: '::1', port: 80 } },
    mode: 'safe',
    key: undefined,
  });
});

test.each([
  ['PENSTOCK_X_NAME', 'ABC', 'expected ^[a-z]+$'],
  ['PENSTOCK_X_COUNT', '0', 'expected 1..9'],
  ['PENSTOCK_X_COUNT', '3.5', 'expected a whole number'],
  ['PENSTOCK_X_COUNT', '', 'is set but empty'],
  ['PENSTOCK_X_WAIT_MS', '10s', 'expected a whole number'],
  ['PENSTOCK_X_WAIT_MS', '60001', 'expected 0..60000 ms'],
  ['PENSTOCK_X_SIZE_BYTES', '1MB', 'expected a size such as 65536, 64KiB or 1MiB'],
  ['PENSTOCK_X_ON', 'yes', 'expected true or false'],
  ['PENSTOCK_X_TOPICS', 'a,,b', "'' is not one of the values of a list"],
  ['PENSTOCK_X_LISTEN', 'localhost:80', 'expected address:port, such as 127.0.0.1:8080 or [::]:8080'],
  ['PENSTOCK_X_LISTEN', '127.0.0.1:70000', 'expected 0..65535'],
  ['PENSTOCK_X_MODE', 'Fast', 'expected fast or safe'],
])('%s=%s is refused', (name, value, problem) => {
  expect(problemsOf(() => readConfig(every, { env: { [name]: value } }))).toEqual([`${name}: ${problem}`]);
});

test('all problems are told at once, unknown names among them, but not those that Kubernetes injects', () => {
  const env = {
    PENSTOCK_X_COUNT: 'many',
    PENSTOCK_X_MODE: '?',
    PENSTOCK_X_CUONT: '4',
    PENSTOCK_X_SERVICE_HOST: '10.0.0.1',
    PENSTOCK_X_SERVICE_PORT_HTTP: '80',
    PENSTOCK_X_PORT: 'tcp://10.0.0.1:80',
    PENSTOCK_X_PORT_80_TCP_ADDR: '10.0.0.1',
    PENSTOCK_FILTER_ANYTHING: 'is another service',
  };
  expect(problemsOf(() => readConfig(every, { env, prefixes: ['PENSTOCK_X_'] }))).toEqual([
    'PENSTOCK_X_CUONT: no such knob; did you mean PENSTOCK_X_COUNT?',
    'PENSTOCK_X_COUNT: expected a whole number',
    'PENSTOCK_X_MODE: expected fast or safe',
  ]);
});

test('a knob without a default must be set', () => {
  expect(problemsOf(() => readConfig(kafkaKnobs('a'), { env: {} }))).toEqual([
    expect.stringContaining('PENSTOCK_KAFKA_BOOTSTRAP: is not set'),
  ]);
});

test('a secret comes from the variable or from a file, and is never shown', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'penstock-')), 'key');
  writeFileSync(path, 's3cret\n');
  const config = readConfig(every, { env: { PENSTOCK_X_KEY_FILE: path }, prefixes: ['PENSTOCK_X_'] });
  expect(config.key).toBe('s3cret');
  expect(effectiveConfig(every, config)).toEqual({
    PENSTOCK_X_NAME: 'abc',
    PENSTOCK_X_COUNT: '3',
    PENSTOCK_X_WAIT_MS: '250',
    PENSTOCK_X_SIZE_BYTES: '1MiB',
    PENSTOCK_X_ON: 'false',
    PENSTOCK_X_TOPICS: 'a,b',
    PENSTOCK_X_LISTEN: '[::1]:80',
    PENSTOCK_X_MODE: 'safe',
    PENSTOCK_X_KEY: '(set)',
  });
  const both = { PENSTOCK_X_KEY_FILE: path, PENSTOCK_X_KEY: 'x' };
  expect(problemsOf(() => readConfig(every, { env: both }))).toEqual([
    'PENSTOCK_X_KEY: and PENSTOCK_X_KEY_FILE are both set; set one',
  ]);
});

test('a file that cannot be read is told with its knob and its path', () => {
  const kafka = { PENSTOCK_KAFKA_BOOTSTRAP: 'a:1' };
  for (const [path, problem] of [
    ['/nowhere/key', 'there is no /nowhere/key'],
    ['/etc', '/etc is a folder, not a file'],
    ['/etc/passwd/key', 'there is no /etc/passwd/key'],
  ]) {
    expect(problemsOf(() => readConfig(every, { env: { PENSTOCK_X_KEY_FILE: path } }))).toEqual([
      `PENSTOCK_X_KEY_FILE: ${problem}`,
    ]);
    const env = { ...kafka, PENSTOCK_KAFKA_TLS_CA_FILE: path };
    expect(problemsOf(() => readConfig(kafkaKnobs('x'), { env }))).toEqual([
      `PENSTOCK_KAFKA_TLS_CA_FILE: ${problem}`,
    ]);
  }
});

test('an example.env with every default written out reads as the defaults', () => {
  const knobs = { ...every, ...chassisKnobs('PENSTOCK_X_', 9464) };
  const example = exampleEnv('X', knobs).replaceAll(/^#(PENSTOCK_)/gm, '$1');
  expect(example).toContain('# ms; 0..60000\nPENSTOCK_X_WAIT_MS=250\n');
  expect(readConfig(knobs, { env: parseEnv(example), prefixes: ['PENSTOCK_'] })).toEqual(
    readConfig(knobs, { env: {} }),
  );
});

const kafka = (env: Record<string, string>) =>
  readConfig(kafkaKnobs('receiver'), { env: { PENSTOCK_KAFKA_BOOTSTRAP: 'a:9092,[::1]:9093', ...env } });

test.each<[Record<string, string>, string[]]>([
  [
    { SASL_MECHANISM: 'PLAIN' },
    ['SASL_USERNAME: is not set, but PLAIN needs it', 'SASL_PASSWORD: is not set, but PLAIN needs it'],
  ],
  [{ SASL_PASSWORD: 'x' }, ['SASL_MECHANISM: is none, but there is a user or a password for it']],
  [
    { TLS_CA_FILE: '/dev/null' },
    ['TLS: is false, but there are files for it', 'TLS_CA_FILE: holds no certificate'],
  ],
  [{ TLS: 'true', TLS_KEY_FILE: '/dev/null' }, ['TLS_CERTIFICATE_FILE: is not set, but there is a key']],
  [
    { TLS: 'true', TLS_CERTIFICATE_FILE: '/dev/null' },
    ['TLS_KEY_FILE: is not set, but there is a certificate'],
  ],
  [
    { TLS: 'true', TLS_CERTIFICATE_FILE: '/dev/null', TLS_KEY_FILE: '/dev/null' },
    ['TLS_CERTIFICATE_FILE: and its key cannot be used together'],
  ],
])('%o contradict each other, or cannot be used: all of it is told, by name', (env, problems) => {
  const named = Object.fromEntries(
    Object.entries(env).map(([name, value]) => [`PENSTOCK_KAFKA_${name}`, value]),
  );
  const told = kafkaProblems(kafka(named));
  expect(told).toEqual(problems.map((problem) => expect.stringContaining(`PENSTOCK_KAFKA_${problem}`)));
  expect(problemsOf(() => kafkaConnection(kafka(named)))).toEqual(told);
});

test('knobs of Kafka that agree become a connection', () => {
  expect(kafkaConnection(kafka({ PENSTOCK_KAFKA_TLS: 'true' }))).toEqual({
    bootstrap: ['a:9092', '[::1]:9093'],
    clientId: 'receiver',
    tls: {},
  });
});

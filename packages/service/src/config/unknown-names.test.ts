import { expect, test } from 'vitest';
import { unknownNames } from './unknown-names.ts';

const own = [
  'PENSTOCK_RECEIVER_LISTEN',
  'PENSTOCK_RECEIVER_LINGER_MS',
  'PENSTOCK_RECEIVER_KEY_SALT',
  'PENSTOCK_RECEIVER_KEY_SALT_FILE',
  'PENSTOCK_KAFKA_BOOTSTRAP',
];
const prefixes = ['PENSTOCK_RECEIVER_', 'PENSTOCK_KAFKA_'];
const problems = (...names: string[]) => unknownNames(names, own, prefixes);

test.each([
  ['PENSTOCK_RECEIVER_LINGR_MS', 'PENSTOCK_RECEIVER_LINGER_MS'],
  ['PENSTOCK_RECIEVER_LINGER_MS', 'PENSTOCK_RECEIVER_LINGER_MS'],
  ['PENSTOCK_RECEIVERS_LINGER_MS', 'PENSTOCK_RECEIVER_LINGER_MS'],
  ['PENSTOCK_RECEIVERLINGER_MS', 'PENSTOCK_RECEIVER_LINGER_MS'],
  ['PENSTOK_RECEIVER_LINGER_MS', 'PENSTOCK_RECEIVER_LINGER_MS'],
  ['PESNTOCK_RECEIVER_LISTEN', 'PENSTOCK_RECEIVER_LISTEN'],
  ['PENSTOCKRECEIVER_LISTEN', 'PENSTOCK_RECEIVER_LISTEN'],
  ['PENSTOCK-RECEIVER-LISTEN', 'PENSTOCK_RECEIVER_LISTEN'],
  ['penstock_receiver_linger_ms', 'PENSTOCK_RECEIVER_LINGER_MS'],
  ['PENSTOCK_RECEIVER_KEY_SALT_FIEL', 'PENSTOCK_RECEIVER_KEY_SALT_FILE'],
  ['PENSTOCK_RECEIVER_LISTEN_FILE', 'PENSTOCK_RECEIVER_LISTEN'],
  ['PENSTOCK_RECEIVER_LINGER', 'PENSTOCK_RECEIVER_LINGER_MS'],
  ['PENSTOCK_RECEIVER_MS_LINGER', 'PENSTOCK_RECEIVER_LINGER_MS'],
  ['PENSTOCK_KAKFA_BOOTSTRAP', 'PENSTOCK_KAFKA_BOOTSTRAP'],
  ['PENSTOCK_LOGLEVEL', 'PENSTOCK_LOG_LEVEL'],
  ['PENSTOCK_FLITER_THREADS', 'PENSTOCK_FILTER_THREADS'],
  ['PENSTOCK_MIROR_SOURCE_KAFKA_BOOTSTRAP', 'PENSTOCK_MIRROR_SOURCE_KAFKA_BOOTSTRAP'],
])('%s is refused, and %s is what was meant', (name, meant) => {
  expect(problems(name)).toEqual([`${name}: no such knob; did you mean ${meant}?`]);
});

test.each(['PENSTOCK_', 'PENSTOCK_FROBNICATE', 'PENSTOCK_STORAGE_PATH', 'PENSTOCK_RECEIVER_COLOUR'])(
  '%s is refused without a guess',
  (name) => {
    expect(problems(name)).toEqual([`${name}: no such knob`]);
  },
);

test('names of other services, of tests and of other programs are left alone', () => {
  const names = [
    ...own,
    'PENSTOCK_FILTER_THREADS',
    'PENSTOCK_MIRROR_TARGET_KAFKA_BOOTSTRAP',
    'PENSTOCK_TEST_BROKER',
    'PENSTOCK_E2E_SEED',
    'PENSTOCK_IMAGE',
    'PENSTOCK_LOG_LEVEL',
    'PATH',
    'HOME',
    'PEN_STOCK',
    'PENS',
    'OPENSTACK_REGION',
    'OPENSTACK_KAFKA_BOOTSTRAP',
    'STOCK_RECEIVER_LINGER_MS',
    '_',
    '',
  ];
  expect(problems(...names)).toEqual([]);
});

test('names that Kubernetes injects for services are left alone', () => {
  const names = [
    'PENSTOCK_RECEIVER_SERVICE_HOST',
    'PENSTOCK_RECEIVER_PORT_8080_TCP_ADDR',
    'PENSTOCK_PORT',
    'PENSTOCK_STAGING_SERVICE_PORT_HTTP',
  ];
  expect(problems(...names)).toEqual([]);
});

test("the Mirror leaves the shared Kafka names alone, which are the others'", () => {
  const of = (...names: string[]) => unknownNames(names, ['PENSTOCK_MIRROR_LINK'], ['PENSTOCK_MIRROR_']);
  expect(of('PENSTOCK_KAFKA_BOOTSTRAP', 'PENSTOCK_RECEIVER_LINGR_MS')).toEqual([]);
  expect(of('PENSTOCK_MIRROR_LINKK')).toEqual([
    expect.stringContaining('did you mean PENSTOCK_MIRROR_LINK?'),
  ]);
});

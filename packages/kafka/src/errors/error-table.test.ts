import { protocolErrors } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import { errorCodes, errorName } from './error-codes.ts';
import { errorTable } from './error-table.ts';
import type { Role } from './error-table.ts';
import { decide, KafkaError } from './errors.ts';
import { neverAnswered } from './never-answered.ts';

const never: readonly string[] = Object.values(neverAnswered).flat();
/** Codes of this package's own: no broker answered. */
const ours = ['CONNECTION', 'TIMEOUT', 'TLS', 'MALFORMED_RESPONSE', 'CLOSED'];
const roles: Role[] = [
  'metadata',
  'produce',
  'txn-produce',
  'txn-offsets',
  'end-txn',
  'init-txn',
  'fetch',
  'offset-fetch',
  'heartbeat',
  'describe',
];

test('every code of Kafka 4.2.1 is in the table or in the list of those never answered, not in both', () => {
  for (const name of errorCodes.keys()) {
    expect([name, [name in errorTable, never.includes(name)].filter(Boolean)]).toEqual([name, [true]]);
  }
  expect(new Set(never).size).toBe(never.length);
});

test('the table holds no code that Kafka does not have', () => {
  const unknown = [...Object.keys(errorTable), ...never].filter((name) => !errorCodes.has(name));
  expect(unknown).toEqual(ours);
});

test('the wire library has the same numbers for the same names', () => {
  for (const { code, id } of Object.values(protocolErrors))
    expect([code, errorName(code)]).toEqual([code, id]);
  expect(Object.keys(protocolErrors).length).toBeGreaterThan(120);
});

test('every row has a meaning and a reason', () => {
  for (const [name, row] of Object.entries(errorTable)) {
    expect([name, row?.any !== undefined || row?.in !== undefined]).toEqual([name, true]);
    expect([name, (row?.why.length ?? 0) > 5 || name.endsWith('AUTHORIZATION_FAILED')]).toEqual([name, true]);
  }
});

test.each(roles)('an unknown code is fatal to %s, and the error tells its name and number', (role) => {
  const code = errorName(4711);
  expect(decide(role, code)).toBe('fatal');
  expect(new KafkaError(code, 'what was asked').message).toBe('UNKNOWN_ERROR_4711: what was asked');
  expect(new KafkaError('INVALID_REQUEST', 'what was asked').message).toBe(
    'INVALID_REQUEST (42): what was asked',
  );
});

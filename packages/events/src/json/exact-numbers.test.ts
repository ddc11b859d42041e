import { expect, test } from 'vitest';
import { seededRandom } from '../samples/random.ts';
import { isExact, quoteInexactNumbers } from './exact-numbers.ts';

test.each([
  ...[
    '0',
    '-0',
    '0.0',
    '0e999',
    '1',
    '-1.5',
    '0.1',
    '1e20',
    '1E+20',
    '1.0',
    '100.00',
    '9007199254740991',
    '5e-324',
  ],
  ...[
    '1.7976931348623157e308',
    '2.2250738585072014e-308',
    '0.10000000000000001',
    '52.520006600000002',
    '1462453622458598.2',
    '1462453622458598.3',
  ],
  ...['0.1000000000000000055511151231257827021181583404541015625', '-1e-7', '123456789012345e291'],
])('%s is a number that a double holds', (text) => {
  expect(isExact(text)).toBe(true);
});

test.each([
  ...[
    '9007199254740992',
    '9007199254740993',
    '9007199254740993.0',
    '9007199254740994.0',
    '90071992547409930e-1',
  ],
  ...[
    '12345678901234567890',
    '-12345678901234567890',
    '1e400',
    '-1E400',
    '1e-400',
    '3e-324',
    '0.1234567890123456789',
  ],
  ...[
    '1.7976931348623159e308',
    '2.00000000000000000001',
    '1e999999999999',
    `1${'0'.repeat(120)}`,
    '0.00001e-400',
  ],
])('%s has digits that a double loses', (text) => {
  expect(isExact(text)).toBe(false);
});

test('every double that JavaScript writes stays a number, unless it is an integer beyond 2^53', () => {
  const random = seededRandom(3);
  const view = new DataView(new ArrayBuffer(8));
  for (let i = 0; i < 20_000; i++) {
    view.setUint32(0, random() * 2 ** 32);
    view.setUint32(4, random() * 2 ** 32);
    const value = view.getFloat64(0);
    if (!Number.isFinite(value)) continue;
    const text = String(value);
    expect(isExact(text)).toBe(text.includes('e') || Math.abs(value) < 2 ** 53);
    expect(isExact(value.toExponential(16))).toBe(true);
  }
});

test('quotes stand around the lost numbers only, and never inside strings', () => {
  const text = '{"a":1e400,"b":"1e400 \\" 1e400","c":[-1e-400,0.5],"1e400":1}';
  const body = Buffer.from(`..${text}..`);
  const quoted = quoteInexactNumbers(body, 2, body.length - 2);
  expect(quoted).toBe('{"a":"1e400","b":"1e400 \\" 1e400","c":["-1e-400",0.5],"1e400":1}');
  expect(quoteInexactNumbers(Buffer.from('[1,"2"]'), 0, 7)).toBeNull();
});

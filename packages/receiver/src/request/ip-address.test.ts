import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isInRange, networkOf, parseIp, parseIpRange, showIp } from './ip-address.ts';

const shown = (text: string) => {
  const address = parseIp(text);
  return address && showIp(address);
};

test.each([
  ['203.0.113.77', '203.0.113.77'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
  ['2001:db8::1:0:0:1', '2001:db8::1:0:0:1'],
  ['::', '::'],
  ['::1', '::1'],
  ['fe80::1%en0', 'fe80::1'],
  ['2001:db8::192.0.2.33', '2001:db8::c000:221'],
])('%s is %s', (text, expected) => {
  expect(shown(text)).toBe(expected);
});

test.each([
  '::ffff:198.51.100.9',
  '0:0:0:0:0:ffff:198.51.100.9',
  '::ffff:c633:6409',
  '0000:0000:0000:0000:0000:FFFF:C633:6409',
  '::FFFF:c633:6409%1',
])('%s is an IPv4 address in disguise', (text) => {
  expect(shown(text)).toBe('198.51.100.9');
});

test.each(['', 'unknown', '1.2.3', '01.2.3.4', '1.2.3.4.5', '::ffff:1.2.3.400', '1::2::3', '_hidden'])(
  '%j is no address',
  (text) => {
    expect(parseIp(text)).toBeUndefined();
  },
);

test('every address survives being written and read', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 65_535 })), { minLength: 8, maxLength: 8 }),
  );
  fc.assert(
    fc.property(bytes, (given) => {
      const address =
        given instanceof Uint8Array
          ? given
          : Uint8Array.from(given.flatMap((group) => [group >> 8, group & 255]));
      const mapped = address.length === 16 && shown(showIp(address))!.includes('.');
      expect(parseIp(showIp(address))).toEqual(mapped ? address.slice(12) : address);
    }),
    { seed: 5, numRuns: 500 },
  );
});

test.each([
  ['10.1.2.0/23', '10.1.3.255', true],
  ['10.1.2.0/23', '10.1.4.0', false],
  ['::ffff:10.0.0.0/104', '10.200.1.1', true],
  ['10.0.0.0/8', '::ffff:0a01:0203', true],
  ['0.0.0.0/0', '203.0.113.1', true],
  ['0.0.0.0/0', '2001:db8::1', false],
  ['2001:db8:8000::/33', '2001:db8:ffff::1', true],
  ['2001:db8:8000::/33', '2001:db8:7fff::1', false],
])('%s and %s: %s', (range, address, expected) => {
  expect(isInRange(parseIp(address)!, parseIpRange(range)!)).toBe(expected);
});

test('addresses that a device takes by itself are of one network', () => {
  expect(networkOf(parseIp('2001:db8:1:2:aaaa::1')!)).toEqual(networkOf(parseIp('2001:db8:1:2:bbbb::9')!));
  expect(networkOf(parseIp('2001:db8:1:2::1')!)).not.toEqual(networkOf(parseIp('2001:db8:1:3::1')!));
  expect(networkOf(parseIp('192.0.2.1')!)).not.toEqual(networkOf(parseIp('192.0.2.2')!));
});

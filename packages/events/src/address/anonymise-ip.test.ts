import { isIPv6 } from 'node:net';
import { expect, test } from 'vitest';
import { seededRandom } from '../samples/random.ts';
import { anonymiseIp } from './anonymise-ip.ts';
import { formatAddress } from './format-address.ts';
import { parseAddress } from './parse-address.ts';

test.each([
  ['203.0.113.77', '203.0.113.0'],
  ['2001:db8:85a3:1:2:8a2e:370:7334', '2001:db8:85a3::'],
  ['2001:0DB8:85A3::8a2e:370:7334', '2001:db8:85a3::'],
  ['2001:db8::1', '2001:db8::'],
  ['1:2::', '1:2::'],
  ['1::8', '1::'],
  ['::1', '::'],
  ['0:0:5:6:7:8:9:a', '0:0:5::'],
  ['fe80::1%eth0', 'fe80::'],
  ['"203.0.113.77"', '203.0.113.0'],
  ['"[2001:db8:1:2::3]"', '2001:db8:1::'],
  ['[2001:db8:1:2::3]', null],
  ['"2001:db8:1:2::3"', '2001:db8:1::'],
  ['"[2001:db8::1]:443"', null],
  [' 203.0.113.77 ', '203.0.113.0'],
  ['not an address', null],
  ['203.0.113.77:8080', null],
  ['[2001:db8::1]:443', null],
  ['203.0.113.077', null],
  ['"', null],
  ['[]', null],
  ['', null],
])('%s becomes %s', (ip, expected) => {
  expect(anonymiseIp(ip)).toBe(expected);
});

test.each([
  '::ffff:203.0.113.77',
  '::FFFF:203.0.113.77',
  '0:0:0:0:0:ffff:203.0.113.77',
  '0000:0000:0000:0000:0000:ffff:203.0.113.77',
  '::ffff:cb00:714d',
  '0::0:FFFF:CB00:714D',
  '0:0:0:0:0:ffff:cb00:714d',
  '"[::ffff:cb00:714d%3]"',
])('%s is an IPv4 address', (ip) => {
  expect(anonymiseIp(ip)).toBe('203.0.113.0');
  expect(anonymiseIp(ip, 'keep')).toBe('203.0.113.77');
});

test.each([
  ['6to4', '2002:cb00:714d::1', '2002:cb00:7100::'],
  ['6to4 with a dotted end', '2002:cb00:714d:1:2:3:203.0.113.77', '2002:cb00:7100::'],
  ['NAT64', '64:ff9b::203.0.113.77', '64:ff9b::'],
  ['NAT64 in hexadecimal', '64:FF9B::cb00:714d', '64:ff9b::'],
  ['local NAT64', '64:ff9b:1::203.0.113.77', '64:ff9b:1::'],
  ['Teredo', '2001:0:cb00:714d:8000:63bf:3fff:fdd2', '2001::'],
  ['ISATAP', 'fe80::5efe:203.0.113.77', 'fe80::'],
  ['an IPv4-compatible address', '::203.0.113.77', '::'],
])('the IPv4 address inside %s is truncated as well', (_title, ip, expected) => {
  expect(anonymiseIp(ip)).toBe(expected);
});

test('drop leaves nothing, keep leaves the address as its canonical text, and only addresses pass', () => {
  expect(anonymiseIp('203.0.113.77', 'drop')).toBeNull();
  expect(anonymiseIp('203.0.113.77', 'keep')).toBe('203.0.113.77');
  expect(anonymiseIp('2001:0DB8:0:0:1:0:0:1', 'keep')).toBe('2001:db8::1:0:0:1');
  expect(anonymiseIp('canary', 'keep')).toBeNull();
  expect(anonymiseIp(null, 'keep')).toBeNull();
});

test('every address survives being written and read', () => {
  const random = seededRandom(6);
  for (let i = 0; i < 5_000; i++) {
    const bytes = Uint8Array.from({ length: 16 }, () => (random() < 0.6 ? 0 : Math.floor(random() * 256)));
    const text = formatAddress(bytes);
    expect(isIPv6(text)).toBe(true);
    const mapped =
      bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
    expect(parseAddress(text)).toEqual(mapped ? bytes.subarray(12) : bytes);
  }
});

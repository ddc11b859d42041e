import { expect, test } from 'vitest';
import { anonymiseIp } from './anonymise-ip.ts';

test.each([
  ['203.0.113.77', '203.0.113.0'],
  ['::ffff:203.0.113.77', '203.0.113.0'],
  ['::FFFF:203.0.113.77', '203.0.113.0'],
  ['2001:db8:85a3:1:2:8a2e:370:7334', '2001:db8:85a3::'],
  ['2001:0DB8:85A3::8a2e:370:7334', '2001:db8:85a3::'],
  ['2001:db8::1', '2001:db8::'],
  ['1:2::', '1:2::'],
  ['1::8', '1::'],
  ['::1', '::'],
  ['0:0:5:6:7:8:9:a', '0:0:5::'],
  ['64:ff9b::203.0.113.77', '64:ff9b::'],
  ['fe80::1%eth0', 'fe80::'],
  ['not an address', null],
  ['203.0.113.77:8080', null],
  ['', null],
])('%s becomes %s', (ip, expected) => {
  expect(anonymiseIp(ip)).toBe(expected);
});

test('drop leaves nothing, keep leaves the address, and neither keeps what is none', () => {
  expect(anonymiseIp('203.0.113.77', 'drop')).toBeNull();
  expect(anonymiseIp('203.0.113.77', 'keep')).toBe('203.0.113.77');
  expect(anonymiseIp('canary', 'keep')).toBeNull();
  expect(anonymiseIp(null, 'keep')).toBeNull();
});

import { expect, test } from 'vitest';
import { globalAddress } from './global-address.ts';

test.each([
  '8.8.8.8',
  '1.1.1.1',
  '100.63.255.255',
  '172.32.0.1',
  '192.0.1.1',
  '198.20.0.1',
  '223.255.255.255',
  '2001:4860:4860::8888',
  '2a02:6b8::1',
  '2400::1',
])('%s has a place', (address) => {
  expect(globalAddress(address)).toMatchObject({ text: address, ipVersion: address.includes(':') ? 6 : 4 });
});

test.each([
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '169.254.1.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.9',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:10.0.0.1',
  '::ffff:7f00:1',
  '64:ff9b::808:808',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '2002:808:808::1',
  '3fff::1',
  'fc00::1',
  'fd12::1',
  'fe80::1',
  'ff02::1',
  'fe80::1%eth0',
  '2a02:6b8::1%eth0',
  '',
  'unknown',
  '1.2.3',
  '1.2.3.4:80',
  '[2a02::1]',
  '999.1.1.1',
  '0x7f.1',
])('%s has none', (address) => {
  expect(globalAddress(address)).toBeUndefined();
});

test('an IPv4-mapped address is the IPv4 address', () => {
  expect(globalAddress('::ffff:8.8.8.8')).toEqual({
    text: '8.8.8.8',
    bytes: Uint8Array.of(8, 8, 8, 8),
    ipVersion: 4,
  });
});

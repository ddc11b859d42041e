import { expect, test } from 'vitest';
import { addressRangeProblem, clientAddress, trustedProxies } from './client-address.ts';
import { showIp } from './ip-address.ts';

const client = '198.51.100.7';
const spoofed = '203.0.113.9';
const hops = (count: number) => trustedProxies(count, []);
const ranges = trustedProxies(0, ['10.0.0.0/8', '2001:db8::/32', '192.0.2.1']);

test.each([
  ['nobody is trusted', hops(0), client, undefined, client],
  ['nobody is trusted, whatever is claimed', hops(0), client, spoofed, client],
  ['an IPv4 address of an IPv6 socket', hops(0), `::ffff:${client}`, undefined, client],
  ['one proxy', hops(1), '10.0.0.1', client, client],
  ['one proxy, a spoofed entry before it', hops(1), '10.0.0.1', `${spoofed}, ${client}`, client],
  ['two proxies', hops(2), '10.0.0.1', `${spoofed}, ${client}, 10.0.0.2`, client],
  ['three proxies', hops(3), '10.0.0.1', `${spoofed},${client},10.0.0.3,10.0.0.2`, client],
  ['fewer entries than proxies', hops(3), '10.0.0.1', client, client],
  ['a direct request where a proxy is expected', hops(1), client, undefined, client],
  ['a port', hops(1), '10.0.0.1', `${client}:4711`, client],
  ['an IPv6 address', hops(1), '10.0.0.1', '2001:DB8:1::5', '2001:db8:1::5'],
  ['an IPv6 address with a port', hops(1), '10.0.0.1', '[2001:db8:1::5]:4711', '2001:db8:1::5'],
  ['quotes', hops(1), '10.0.0.1', `"${client}"`, client],
  ['quotes, a port, a spoofed entry', hops(1), '10.0.0.1', `${spoofed}, "${client}:1443"`, client],
  ['quotes around brackets', hops(1), '10.0.0.1', '"[2001:db8:1::5]:4711"', '2001:db8:1::5'],
  ['an IPv4 address spelt as IPv6', hops(1), '10.0.0.1', '0:0:0:0:0:ffff:c633:6407', client],
  ['a proxy that is spelt as IPv6', ranges, '::ffff:a00:1', client, client],
  ['half a quote', hops(1), '10.0.0.1', `"${client}`, undefined],
  ['a zone', hops(1), '10.0.0.1', 'fe80::1%eth0', 'fe80::1'],
  ['no address from a trusted proxy', hops(1), '10.0.0.1', 'unknown', undefined],
  ['an empty entry from a trusted proxy', hops(1), '10.0.0.1', `${client},`, undefined],
  ['nonsense before the entry that counts', hops(1), '10.0.0.1', `<script>, ${client}`, client],
  ['ranges: a client that connects itself', ranges, client, spoofed, client],
  [
    'ranges: the first from the right that is none of them',
    ranges,
    '10.0.0.1',
    `${spoofed}, ${client}, 10.9.9.9`,
    client,
  ],
  ['ranges: a single address and IPv6', ranges, '2001:db8::1', `${client}, 192.0.2.1`, client],
  ['ranges: only proxies', ranges, '10.0.0.1', '10.0.0.2', '10.0.0.2'],
])('%s', (_, trusted, peer, forwardedFor, expected) => {
  const address = clientAddress(peer, forwardedFor, trusted);
  expect(address && showIp(address)).toBe(expected);
});

test.each(['10.0.0.0/8', '10.0.0.1', '::1', '2001:db8::/32'])('%s is a range', (range) => {
  expect(addressRangeProblem(range)).toBeUndefined();
});

test.each(['10.0.0.0/33', '10.0.0/8', 'proxy', '::1/200', '10.0.0.0/8/8', '10.0.0.0/x', ''])(
  '%s is no range',
  (range) => {
    expect(addressRangeProblem(range)).toContain('is not an address or a CIDR range');
  },
);

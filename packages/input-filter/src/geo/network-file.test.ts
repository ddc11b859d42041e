import { parseAddress } from '@penstock/events';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type NetworkTable, networkOf, readNetworks } from './network-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'penstock-networks-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function tableOf(text: string): Promise<NetworkTable> {
  const path = join(folder, `${crypto.randomUUID()}.csv`);
  await writeFile(path, text);
  await using file = await open(path, 'r');
  return await readNetworks(file);
}

const lines = [
  '1.0.0.0,1.0.0.255,13335,"Cloudflare, Inc."',
  '1.0.4.0,1.0.7.255,38803,Gtelecom Pty Ltd',
  '"2.26.200.0","2.26.215.255","AS201907","LLC ""SPUTNIK"""',
  '223.255.254.0,255.255.255.255,4294967295,Última',
  '2001:200::,2001:200:1b9:ffff:ffff:ffff:ffff:ffff,2500,WIDE Project',
  '"2400:cb00::","2400:cb00:ffff:ffff:ffff:ffff:ffff:ffff","209242","Cloudflare London"',
  '2a02:6b8::,2a02:6b8:ffff:ffff:ffff:ffff:ffff:ffff,13335,another name',
];

describe.each([
  ['lines', '\n'],
  ['lines of Windows', '\r\n'],
])('%s of both families, quoted or not', (_, newline) => {
  test.each([
    ['1.0.0.0', 13335, 'Cloudflare, Inc.'],
    ['1.0.0.255', 13335, 'Cloudflare, Inc.'],
    ['1.0.7.0', 38803, 'Gtelecom Pty Ltd'],
    ['2.26.200.1', 201907, 'LLC "SPUTNIK"'],
    ['255.255.255.255', 4294967295, 'Última'],
    ['2001:200:1b9::1', 2500, 'WIDE Project'],
    ['2400:cb00::1', 209242, 'Cloudflare London'],
    ['2a02:6b8::1', 13335, 'Cloudflare, Inc.'], // a system has one name
  ])('%s is of %i', async (address, asn, name) => {
    const table = await tableOf(lines.map((line) => line + newline).join(''));
    expect(networkOf(table, parseAddress(address)!)).toEqual({ asn, as_name: name });
  });

  test.each(['0.0.0.1', '1.0.1.0', '1.0.3.255', '1.0.8.0', '2001:1ff::', '2001:200:1ba::', 'ffff::'])(
    '%s is of none',
    async (address) => {
      const table = await tableOf(lines.map((line) => line + newline).join(''));
      expect(networkOf(table, parseAddress(address)!)).toBeNull();
    },
  );
});

test('as many ranges as there are, over the borders of the pieces that are read', async () => {
  const range = (n: number) => `10.${n >> 8}.${n & 255}.0,10.${n >> 8}.${n & 255}.127,${n + 1},name ${n}\n`;
  const table = await tableOf(Array.from({ length: 20_000 }, (_, n) => range(n)).join(''));
  const wrong = Array.from({ length: 20_000 }, (_, n) => n).filter((n) => {
    const inside = Uint8Array.of(10, n >> 8, n & 255, n % 128);
    const found = networkOf(table, inside);
    return found?.asn !== n + 1 || found.as_name !== `name ${n}` || networkOf(table, inside.with(3, 200));
  });
  expect(wrong).toEqual([]);
});

test.each(['start_ip,end_ip,asn,name\n', '"first","last","number","name"\r\n'])(
  'a header is no line that makes no sense: %j',
  async (header) => {
    const table = await tableOf(header + '10.0.0.0,10.0.0.9,7,x\n');
    expect(networkOf(table, parseAddress('10.0.0.1')!)).toEqual({ asn: 7, as_name: 'x' });
  },
);

test('one line of a thousand that makes no sense is passed over', async () => {
  const ranges = Array.from(
    { length: 2000 },
    (_, n) => `10.${n >> 8}.${n & 255}.0,10.${n >> 8}.${n & 255}.9,7,x\n`,
  );
  const table = await tableOf([...ranges, '10.0.0.0,10.0.0.9,8,behind the others\n'].join(''));
  expect(networkOf(table, parseAddress('10.0.0.1')!)).toEqual({ asn: 7, as_name: 'x' });
});

test.each([
  ['nothing', ''],
  ['a file of something else', 'GIF89a\n'.repeat(9)],
  ['two headers', 'first,last,number,name\nfirst,last,number,name\n10.0.0.0,10.0.0.9,7,x\n'],
  ['a binary file', '\0'.repeat(1_000_000)],
  ['half a last line', '1.0.0.0,1.0.0.255,13335,Cloudflare\n1.0.4.0,1.0.7'],
  ['disorder', '2.0.0.0,2.0.0.9,1,a\n1.0.0.0,1.0.0.9,2,b\n'],
  ['overlaps', '2.0.0.0,2.0.0.9,1,a\n2.0.0.9,2.0.1.9,2,b\n'],
  ['a range that ends before it begins', '2.0.0.9,2.0.0.0,1,a\n'],
  ['a range of two families', '2.0.0.0,2a02::,1,a\n'],
  ['a number that is none', '2.0.0.0,2.0.0.9,AS-1,a\n'],
  ['a number above 32 bits', '2.0.0.0,2.0.0.9,4294967296,a\n'],
  ['lines without a name', '2.0.0.0,2.0.0.9,1\n2.0.1.0,2.0.1.9,2,b\n'],
])('%s is refused', async (_, text) => {
  await expect(tableOf(text)).rejects.toThrow(Error);
});

import { formatAddress, seededRandom } from '@penstock/events';
import { expect, test } from 'vitest';
import { beginsIpv6, readAddressWords } from './address-words.ts';

/** The words in hexadecimal, or what is wrong. */
function wordsOf(text: string, behind = ','): string {
  const bytes = Buffer.from(text + behind);
  const isIpv6 = beginsIpv6(bytes, 0);
  const words = new Uint32Array(4);
  const end = readAddressWords(bytes, 0, isIpv6, words);
  if (end !== text.length) return end < 0 ? 'no address' : `ends at ${end}`;
  return hex(Buffer.from(words.subarray(0, isIpv6 ? 4 : 1).buffer).swap32(), isIpv6 ? 16 : 4);
}

function hex(bytes: Uint8Array, length: number): string {
  return Buffer.from(bytes).toString('hex', 0, length);
}

test('every address in its canonical spelling has the words of its bytes', () => {
  const random = seededRandom(11);
  const wrong = Array.from({ length: 3_000 }, (_, n) => {
    const bytes = Uint8Array.from({ length: n % 2 === 0 ? 4 : 16 }, () =>
      random() < 0.5 ? 0 : Math.floor(random() * 256),
    );
    return { text: formatAddress(bytes), expected: hex(bytes, 16) };
  }).filter(({ text, expected }) => wordsOf(text) !== expected);
  expect(wrong).toEqual([]);
});

test.each([
  ['::', '0'.repeat(32)],
  ['::1', '1'.padStart(32, '0')],
  ['2001:DB8::', '20010db8'.padEnd(32, '0')],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ['255.255.255.255', 'ffffffff'],
])('%s is %s', (text, expected) => {
  expect(wordsOf(text)).toBe(expected);
  expect(wordsOf(text, '"')).toBe(expected);
  expect(wordsOf(text, '')).toBe(expected);
});

test.each([
  '',
  '1',
  '1.2.3',
  '1.2.3.256',
  '1.2.3.1000',
  '1..2.3',
  '.1.2.3.4',
  ':1',
  '1:2',
  '1::2::3',
  '12345::',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4::5:6:7:8',
  '::ffff:1.2.3.4',
  'AS1',
])('%s is none', (text) => {
  expect(wordsOf(text)).not.toMatch(/^[0-9a-f]+$/);
});

import { expect, test } from 'vitest';
import { headerText } from './header-text.ts';

/** As Node hands over the bytes of a header. */
const received = (text: string) => Buffer.from(text).toString('latin1');

test.each([
  ['absent', undefined, undefined],
  ['empty', '', undefined],
  ['only control characters', '\u0001\u007f', undefined],
  ['plain', 'Mozilla/5.0', 'Mozilla/5.0'],
  ['UTF-8 on the wire', received('Größe 東京'), 'Größe 東京'],
  ['latin1 on the wire', 'Gr\u00f6\u00dfe', 'Größe'],
  ['a line break and an escape sequence', 'a\r\nlevel=error\u001b[31m', 'alevel=error[31m'],
  ['C1 controls', received('a\u0085b\u009bc'), 'abc'],
  ['longer than allowed', 'a'.repeat(30), 'a'.repeat(20)],
  ['a surrogate pair at the limit', received(`${'a'.repeat(19)}😀`), 'a'.repeat(19)],
])('%s', (_, value, expected) => {
  expect(headerText(value, 20)).toBe(expected);
});

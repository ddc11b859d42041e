import { expect, test } from 'vitest';
import { misshapen, wideCodeLines, wideLines } from './shape.ts';

const lines = (count: number): string => 'a();\n'.repeat(count);

test.each([
  ['packages/kafka/src/a.ts', lines(400), []],
  ['packages/kafka/src/a.ts', lines(401), ['401 lines; at most 400']],
  ['packages/kafka/src/a.test.ts', lines(600), []],
  ['packages/kafka/src/a.test.ts', lines(601), ['601 lines; at most 600']],
  ['packages/mirror/src/main.ts', lines(31), ['31 lines; at most 30']],
  ['packages/mirror/src/utils.ts', '', ['"utils.ts" names no idea']],
  ['packages/common/src/index.ts', '', ['"common" names no idea']],
  ['packages/kafka/src/fetch/index.ts', '', ['a barrel; only src/index.ts is one']],
  ['packages/kafka/src/index.ts', '', []],
  ['packages/kafka/src/a.ts', 'export default function a() {}\n', ['a default export']],
  ['packages/kafka/src/a.ts', 'export { a as default };\n', ['a default export']],
  ['vitest.config.ts', 'export default {};\n', []],
])('%s', (file, source, problems) => {
  expect(misshapen(file, source)).toEqual(problems);
});

test('a line of 110 columns fits, one more does not', () => {
  expect(wideLines(`${'x'.repeat(110)}\n// ${'x'.repeat(108)}\n`)).toEqual([2]);
});

test('a page is judged by what it shows as code, and not by its text', () => {
  const wide = 'x'.repeat(111);
  const page = [wide, '', `    ${wide}`, '', '```sh', wide, 'short', '```', wide].join('\n');
  expect(wideCodeLines(page)).toEqual([3, 6]);
});

import { expect, test } from 'vitest';
import { importedBy } from './imported.ts';

const specifiers = (source: string): (string | undefined)[] =>
  importedBy(source).map(({ specifier }) => specifier);

test.each([
  [`import { a } from './a.ts';`, ['./a.ts']],
  [`import type { A } from '@penstock/events';`, ['@penstock/events']],
  [`import '../../kafka/src/index.ts';`, ['../../kafka/src/index.ts']],
  [`export { a } from './a.ts';`, ['./a.ts']],
  [`export * from './a.ts';`, ['./a.ts']],
  [`const a = async () => { await import('kafkajs'); };`, ['kafkajs']],
  ['const a = () => import(`kafkajs`);', ['kafkajs']],
  [`type A = import('@penstock/mirror').Mirror;`, ['@penstock/mirror']],
  [`const a = require('kafkajs');`, ['kafkajs']],
  [`const a = import.meta.resolve('kafkajs');`, ['kafkajs']],
  [`new Worker(new URL('../../mirror/src/main.ts', import.meta.url));`, ['../../mirror/src/main.ts']],
  [`const a = (name: string) => import(name);`, [undefined]],
  ['const a = (name: string) => import(`./${name}.ts`);', [undefined]],
])('%s', (source, expected) => {
  expect(specifiers(source)).toEqual(expected);
});

test('what only looks like an import is none', () => {
  expect(
    specifiers(
      `// import 'kafkajs'\nconst a = "import 'kafkajs'"; new URL('/x', 'http://y'); export const b = 1;`,
    ),
  ).toEqual([]);
});

test('the line is told', () => {
  expect(importedBy(`\n\nimport 'a';`)).toEqual([{ specifier: 'a', line: 3 }]);
});

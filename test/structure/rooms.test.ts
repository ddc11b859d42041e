import { expect, test } from 'vitest';
import { crowded, upwardArrows } from './rooms.ts';

const files = (count: number, name: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, index) => name(index));

test('sixteen sources fill a folder, the seventeenth is one too many', () => {
  expect(crowded(files(16, (index) => `packages/a/src/${index}.ts`))).toEqual([]);
  expect(crowded(files(17, (index) => `packages/a/src/${index}.ts`))).toEqual([
    { folder: 'packages/a/src', sources: 17 },
  ]);
});

test('tests, fixtures and the folders below take no place', () => {
  expect(
    crowded([
      ...files(16, (index) => `packages/a/src/${index}.ts`),
      ...files(16, (index) => `packages/a/src/room/${index}.ts`),
      'packages/a/src/x.test.ts',
      'packages/a/src/x.fixture.ts',
      ...files(20, (index) => `packages/a/test/${index}.ts`),
    ]),
  ).toEqual([]);
});

const layers = ['bytes', 'requests', 'cluster'];

test('a layer may import those below it and files beside the layers', () => {
  const graph = new Map([
    ['p/src/cluster/a.ts', ['p/src/bytes/b.ts', 'p/src/requests/c.ts', 'p/src/errors.ts']],
    ['p/src/index.ts', ['p/src/cluster/a.ts']],
    ['p/src/bytes/b.ts', ['p/src/bytes/d.ts']],
  ]);
  expect(upwardArrows(graph, 'p/src', layers)).toEqual([]);
});

test('a layer must not import one above it', () => {
  const graph = new Map([['p/src/bytes/deep/b.ts', ['p/src/cluster/a.ts']]]);
  expect(upwardArrows(graph, 'p/src', layers)).toEqual([
    'p/src/bytes/deep/b.ts imports p/src/cluster/a.ts: cluster lies above bytes',
  ]);
});

test('its tests may', () => {
  const graph = new Map([['p/src/bytes/b.test.ts', ['p/src/cluster/a.ts']]]);
  expect(upwardArrows(graph, 'p/src', layers)).toEqual([]);
});

test('a new folder has to be given a place', () => {
  const graph = new Map([['p/src/attic/b.ts', []]]);
  expect(upwardArrows(graph, 'p/src', layers)).toEqual([
    'p/src/attic has no place in test/structure/layers.ts',
  ]);
});

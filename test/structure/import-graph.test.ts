import { expect, test } from 'vitest';
import { circles, importGraph } from './import-graph.ts';

function circlesOf(sources: Record<string, string>): string[][] {
  return circles(importGraph(new Map(Object.entries(sources))));
}

test('two files that import each other are a circle, even if only for a type', () => {
  expect(
    circlesOf({
      'p/a.ts': `import type { B } from './b.ts';`,
      'p/b.ts': `export { a } from './a.ts';`,
    }),
  ).toEqual([['p/a.ts', 'p/b.ts']]);
});

test('a circle through other folders is found, and whoever only leads into it is not part of it', () => {
  expect(
    circlesOf({
      'p/main.ts': `import './x/a.ts';`,
      'p/x/a.ts': `import '../y/b.ts';`,
      'p/y/b.ts': `import '../c.ts';`,
      'p/c.ts': `import { a } from './x/a.ts'; import './end.ts';`,
      'p/end.ts': '',
    }),
  ).toEqual([['p/c.ts', 'p/x/a.ts', 'p/y/b.ts']]);
});

test('two circles are told apart', () => {
  expect(
    circlesOf({
      'a.ts': `import './b.ts';`,
      'b.ts': `import './a.ts'; import './c.ts';`,
      'c.ts': `import './d.ts';`,
      'd.ts': `import './c.ts';`,
    }),
  ).toEqual([
    ['a.ts', 'b.ts'],
    ['c.ts', 'd.ts'],
  ]);
});

test('a file that two others share is no circle', () => {
  expect(
    circlesOf({
      'a.ts': `import './b.ts'; import './c.ts';`,
      'b.ts': `import './c.ts';`,
      'c.ts': `import 'kafkajs';`,
    }),
  ).toEqual([]);
});

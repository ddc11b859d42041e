import { expect, test } from 'vitest';
import { wallClockLines } from './clocks.ts';

test.each([
  'const at = Date.now();',
  'const at = globalThis.Date.now();',
  "const at = Date['now']();",
  'const now = Date.now;',
  'const at = new Date();',
  'const at = new Date;',
  'const at = Date();',
  'const text = `${new Date().toISOString()}`;',
])('%s asks the wall clock', (source) => {
  expect(wallClockLines(`\n${source}`)).toEqual([2]);
});

test.each([
  'const at = performance.now();',
  'const date = new Date(epochMs);',
  'const at = Date.parse(text);',
  'const at = Date.UTC(2026, 0, 1);',
  'const at = clock.now();',
  '// Date.now()',
  "const text = 'new Date()';",
])('%s does not', (source) => {
  expect(wallClockLines(source)).toEqual([]);
});

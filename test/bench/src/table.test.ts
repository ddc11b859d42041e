import { expect, test } from 'vitest';
import { renderFigure, renderMarkdown, renderText } from './table.ts';
import type { Table } from './table.ts';

const table: Table = {
  title: 'Produce',
  columns: [
    { key: 'cpu', title: 'CPU us/record', digits: 2 },
    { key: 'rate', title: 'records/s', digits: 0 },
  ],
  rows: [
    { name: 'ours', figures: { cpu: { median: 1.8, min: 1.74, max: 1.951 }, rate: 123_456.7 } },
    { name: 'kcat', figures: {}, skipped: 'no apt here' },
    { name: 'slow', figures: { cpu: { median: 12, min: 12, max: 12 }, rate: null } },
  ],
  notes: ['One broker.'],
};

test('in a terminal, columns stand below each other and a skipped row says why', () => {
  expect(renderText(table)).toBe(
    [
      'Produce',
      '             CPU us/record  records/s',
      'ours  1.80 (1.74 to 1.95)    123 457',
      'kcat  skipped: no apt here',
      'slow                12.00          -',
    ]
      .join('\n')
      .replace('             CPU', '            CPU'),
  );
});

test('in Markdown, every row has every column', () => {
  const lines = renderMarkdown(table).split('\n');
  expect(lines).toEqual([
    '### Produce',
    '',
    '|  | CPU us/record | records/s |',
    '| --- | --: | --: |',
    '| ours | 1.80 (1.74 to 1.95) | 123 457 |',
    '| kcat | skipped: no apt here |  |',
    '| slow | 12.00 | - |',
    '',
    '- One broker.',
  ]);
});

test.each([
  [1_234_567.4, 0, '1 234 567'],
  [-1_500, 0, '-1 500'],
  [0.126, 2, '0.13'],
  [undefined, 2, '-'],
])('%s with %i digits is %s', (figure, digits, text) => {
  expect(renderFigure(figure, digits)).toBe(text);
});

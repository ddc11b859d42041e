import { expect, test } from 'vitest';
import { drawNights } from './draw-nights.ts';

const quiet = { marks: [], lost: 0, duplicates: 0 };

test('a second in which nothing came has no bar, and what came again stands on what is new', () => {
  const svg = drawNights([{ name: 'one', ...quiet, firstTimes: [100, 0, 50], repeats: [0, 0, 50] }]);
  expect(svg.match(/class="new"/g)).toHaveLength(2);
  expect(svg.match(/class="again"/g)).toHaveLength(1);
  const [again] = /<rect class="again"[^>]*>/.exec(svg) ?? [''];
  const [, lower] = svg.match(/<rect class="new"[^>]*>/g) ?? [''];
  const number = (name: string, text = '') => Number(new RegExp(` ${name}="([0-9.]+)"`).exec(text)?.[1]);
  expect(number('y', again) + number('height', again)).toBeCloseTo(number('y', lower), 1);
  expect(number('x', again)).toBe(number('x', lower));
});

test('all panels have the scale of the highest second, and names are escaped', () => {
  const svg = drawNights([
    { name: 'a < b', ...quiet, firstTimes: [10], repeats: [0] },
    {
      name: 'c',
      ...quiet,
      lost: 3,
      firstTimes: [200],
      repeats: [40],
      marks: [{ second: 0, what: 'killed' }],
    },
  ]);
  expect(svg.match(/>240\/s</g)).toHaveLength(2);
  expect(svg).toContain('a &lt; b: 0 lost');
  expect(svg).toContain('c: 3 lost');
  expect(svg).toContain('>killed<');
});

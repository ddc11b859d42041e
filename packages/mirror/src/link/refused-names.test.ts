import { expect, test } from 'vitest';
import { refusedNames } from './refused-names.ts';

test.each([
  ['the same name', ['x.y'], ['x.y', 'x.z']],
  ['other names', ['x.y', 'a_b', 'z'.repeat(249)], ['x.z', 'a-b']],
  ['both, when both exist already', ['x.y', 'x_y'], ['x.y', 'x_y']],
])('accepted: %s', (_, names, existing) => {
  expect(refusedNames(names, existing)).toEqual([]);
});

test('names that differ in dots and underscores alone are refused, and the other one is named', () => {
  expect(refusedNames(['x_y', 'a'], ['x.y', 'a'])).toEqual([
    expect.stringContaining('topic x_y: the target has x.y, and Kafka takes only one'),
  ]);
});

test('a name that is too long, once only', () => {
  const long = `fra.${'x'.repeat(246)}`;
  expect(refusedNames([long, long], [])).toEqual([
    expect.stringContaining('has 250 characters, and Kafka takes 249: give the link a shorter name'),
  ]);
});

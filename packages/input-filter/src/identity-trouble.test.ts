import { expect, test } from 'vitest';
import { IdentityTrouble } from './identity-trouble.ts';

test('the fifth trouble in a row ends the process, saying that an instance name is shared', () => {
  const trouble = new IdentityTrouble();
  for (let n = 1; n <= 4; n++) expect(trouble.note('fenced', n * 1000)).toBe(n);
  expect(() => trouble.note('fenced', 5000)).toThrow(/5 times in a row.*PENSTOCK_FILTER_INSTANCE/);
});

test('a commit in between, or a minute, begins the count anew', () => {
  const trouble = new IdentityTrouble();
  trouble.note('fenced', 0);
  trouble.note('fenced', 1000);
  trouble.over();
  expect(trouble.note('fenced', 2000)).toBe(1);
  expect(trouble.note('fenced', 63_000)).toBe(1);
});

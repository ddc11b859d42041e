import { expect, test } from 'vitest';
import { IdentityTrouble } from './identity-trouble.ts';

test('the fifth trouble in a row ends the process, saying that an instance name is shared', () => {
  const trouble = new IdentityTrouble();
  for (let n = 1; n <= 4; n++) expect(trouble.note('fenced', n * 1000)).toBe(n);
  expect(() => trouble.note('fenced', 5000)).toThrow(/5 times in a row.*PENSTOCK_FILTER_INSTANCE/);
});

test('a commit after a quarter of a minute, or a minute without any, begins the count anew', () => {
  const trouble = new IdentityTrouble();
  trouble.note('fenced', 0);
  trouble.note('fenced', 1000);
  trouble.committed(2000); // the other one's turn comes yet
  expect(trouble.note('fenced', 3000)).toBe(3);
  trouble.committed(19_000);
  expect(trouble.note('fenced', 20_000)).toBe(1);
  expect(trouble.note('fenced', 81_000)).toBe(1);
});

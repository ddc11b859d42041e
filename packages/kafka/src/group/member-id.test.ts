import { expect, test } from 'vitest';
import { memberIdOf } from './member-id.ts';

test('a member id is the same after every restart, and differs for another transactional id', () => {
  // The value may not change: every restarted member would have to wait for its predecessor's session to time
  // out.
  expect(memberIdOf('penstock-filter-0')).toBe('bb81cdbf-b065-5559-b2ae-672d2700cb48');
  expect(memberIdOf('penstock-filter-1')).not.toBe(memberIdOf('penstock-filter-0'));
  expect(memberIdOf('penstock-filter-1')).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});

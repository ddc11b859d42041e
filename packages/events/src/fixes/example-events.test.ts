import { expect, test } from 'vitest';
import { examplesIn, type Story } from './example-events.ts';

test('an example with a field that does not exist is refused by its name', () => {
  const misspelt: object = { usrId: 'u-1' };
  const stories = { client: 'app', version: '1.0.0', outside: '2.0.0' };
  const broken = misspelt as Story; // as in a catalogue whose types nobody has checked
  expect(() => examplesIn([2], { ...stories, broken, repaired: {}, healthy: {} })).toThrow(
    'an example has no field "usrId"; there are type, platform, properties, eventId',
  );
});

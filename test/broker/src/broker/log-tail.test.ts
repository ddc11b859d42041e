import { expect, test } from 'vitest';
import { readTail, tellingLines } from './log-tail.ts';

test('of a long log its errors with their traces are shown, and its end', () => {
  const chatter = Array.from({ length: 50 }, (_, index) => `[12:00:00.000] INFO  chatter ${index} (Log)`);
  const shown = tellingLines(
    [...chatter, '[12:00:01.000] ERROR broke (Log)', '\tat Some.where', ...chatter, ''],
    40,
  );
  expect(shown.slice(0, 2)).toEqual(['[12:00:01.000] ERROR broke (Log)', '\tat Some.where']);
  expect(shown.at(-2)).toBe(chatter.at(-1));
  expect(shown.length).toBe(13);
});

test('a log that is not there yet is empty', () => {
  expect(readTail('/nowhere/server.log', 5)).toBe('');
});

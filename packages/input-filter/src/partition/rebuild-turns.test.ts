import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { RebuildTurns } from './rebuild-turns.ts';

test('one rebuild a turn of the event loop, and the one that was begun first before the others', async () => {
  const turns = new RebuildTurns();
  const told: string[] = [];
  const rebuilds = ['first', 'second', 'third'].map((name) => ({ name, turn: turns.begin() }));
  const running = rebuilds.toReversed().map(async ({ name, turn }) => {
    for (let slice = 0; slice < 2; slice += 1) {
      await turn();
      told.push(name);
    }
  });
  for (let between = 0; between < 6; between += 1) {
    const before = told.length;
    await nextTurn();
    expect(told.length - before).toBeLessThanOrEqual(1);
  }
  await Promise.all(running);
  expect(told).toEqual(['first', 'first', 'second', 'second', 'third', 'third']);
});

test('a rebuild that waits for something else holds up nobody', async () => {
  const turns = new RebuildTurns();
  turns.begin(); // asks for nothing
  const second = turns.begin();
  await second();
  await second();
});

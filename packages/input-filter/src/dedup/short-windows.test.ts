import { expect, test } from 'vitest';
import { ShortWindows } from './short-windows.ts';

test('a window that is too short is told once, and again only when all have been whole', () => {
  const told: object[] = [];
  const windows = new ShortWindows({ warn: (fields: object) => void told.push(fields) });
  const at = (...heldMs: number[]) =>
    windows.look(heldMs.map((ms, partition) => ({ partition, window: { heldMs: ms, windowMs: 600 } })));
  at(600, 600);
  expect(told).toEqual([]);
  at(600, 126);
  at(100, 90);
  at(100, 600);
  expect(told).toEqual([{ partition: 1, heldMs: 126, windowMs: 600 }]);
  at(600, 600);
  at(599, 600);
  at();
  expect(told).toEqual([
    { partition: 1, heldMs: 126, windowMs: 600 },
    { partition: 0, heldMs: 599, windowMs: 600 },
  ]);
});

import { expect, test } from 'vitest';
import { reservePorts } from './ports.ts';

test('a port is reserved once, until it is released', async () => {
  const rounds = await Promise.all(Array.from({ length: 20 }, () => reservePorts(9)));
  const reserved = rounds.flat();
  expect(new Set(reserved.map(({ port }) => port)).size).toBe(180);
  for (const port of reserved) port.release();
});

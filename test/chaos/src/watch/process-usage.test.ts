import { expect, test } from 'vitest';
import { parseStat, UsageMeter } from './process-usage.ts';

test('the line of /proc is read whatever the program calls itself', () => {
  const fields = ['S', ...Array.from({ length: 49 }, (_, index) => String(index + 4))];
  expect(parseStat(`12 (a) b ( c) ${fields.join(' ')}`)).toEqual({ ticks: 14 + 15, rssPages: 24 });
});

test.skipIf(process.platform !== 'linux')(
  'a process that works is seen to, and one that is gone is not',
  async () => {
    const meter = new UsageMeter();
    const first = await meter.measure(process.pid);
    expect(first?.cpu).toBeUndefined();
    expect(first?.rssMb).toBeGreaterThan(10);
    for (const untilAt = performance.now() + 200; performance.now() < untilAt;) Math.sqrt(2);
    expect((await meter.measure(process.pid))?.cpu).toBeGreaterThan(0);
    expect(await meter.measure(2 ** 30)).toBeUndefined();
  },
);

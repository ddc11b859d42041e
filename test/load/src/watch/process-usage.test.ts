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
    const works = async (): Promise<number | undefined> => {
      for (const untilAt = performance.now() + 50; performance.now() < untilAt;) Math.sqrt(2);
      return (await meter.measure(process.pid))?.cpu;
    };
    await expect.poll(works).toBeGreaterThan(0);
    expect(await meter.measure(2 ** 30)).toBeUndefined();
  },
);

import { expect, test } from 'vitest';
import { drawLanes } from './lanes.ts';
import { drawPlot, thinned, type Point } from './plot.ts';
import { renderReport, type Report } from './render-report.ts';
import { clockTime, roundTicks, shortNumber, timeTicks } from './scale.ts';

const report: Report = {
  title: 'A run',
  verdict: { good: false, headline: '2 events are lost', details: ['event 7: "x" < y'] },
  facts: [['seed', '42']],
  command: 'npm run chaos -- --seed 42',
  seconds: 120,
  plots: [
    { title: 'Rate', unit: 'events/s', series: [{ name: 'acknowledged', points: line(120, () => 5) }] },
  ],
  marks: [{ label: 'kill <filter>', from: 10, to: 20 }],
  tables: [{ title: 'Faults', head: ['at'], rows: [['0:10']], empty: 'none' }],
};

test('the verdict comes before everything else, and says how to run it again', () => {
  const page = renderReport(report);
  const order = ['2 events are lost</p>', '<dt>seed</dt>', '--seed 42</code>', '<figure>', '<table>'];
  const places = order.map((text) => page.indexOf(text, page.indexOf('<body>')));
  expect(places).toEqual(places.toSorted((one, other) => one - other));
  expect(places).not.toContain(-1);
  expect(page).toContain('class="verdict bad"');
});

test('the page stands alone: no script, nothing to load, and texts cannot become markup', () => {
  const page = renderReport(report);
  expect(page).not.toMatch(/<script|<link|src=|@import|url\(|https?:/);
  expect(page).toContain('&quot;x&quot; &lt; y');
  expect(page).toContain('kill &lt;filter&gt;, 0:10 to 0:20');
  expect(page).toContain('prefers-color-scheme: dark');
});

test('a gap in what is known is a gap in the line', () => {
  const points: Point[] = [
    [0, 1],
    [1, undefined],
    [2, 1],
    [3, 2],
  ];
  const svg = drawPlot({ title: '', unit: '', series: [{ name: '', points }] }, 3);
  expect(/ d="([^"]*)"/.exec(svg)?.[1]?.match(/[ML]/g)).toEqual(['M', 'M', 'L']);
});

test('a day makes a page of bounded size, and its peak is still there', () => {
  const points = line(86_400, (second) => (second === 43_210 ? 1_000 : 5));
  const few = thinned(points);
  expect(few.length).toBeLessThanOrEqual(600);
  expect(Math.max(...few.map(([, value]) => value ?? 0))).toBe(1_000);
  const plots = [{ title: 'Rate', unit: 'events/s', series: [{ name: 'a', points }] }];
  expect(renderReport({ ...report, seconds: 86_400, plots }).length).toBeLessThan(30_000);
});

test('marks stand in the rows of their lanes, and those that overlap below each other', () => {
  const svg = drawLanes(
    [
      { label: 'one', from: 0, to: 50, lane: 'filter' },
      { label: 'two', from: 40, to: 90, lane: 'filter' },
      { label: 'three', from: 60, to: 100, lane: 'filter' },
      { label: 'four', from: 0, to: 0.1, lane: 'mirror' },
    ],
    100,
  );
  const tops = [...svg.matchAll(/<rect class="bar" x="[^"]*" y="(\d+)"/g)].map(([, top]) => Number(top));
  expect(tops).toEqual([1, 1, 19, 37]);
  expect(svg.match(/>filter</g)).toHaveLength(1);
  expect(svg).not.toContain('>four<');
});

test('an empty plot and a plot of zeroes can be drawn', () => {
  for (const points of [[], line(3, () => 0)]) {
    const svg = drawPlot({ title: 't', unit: 'u', series: [{ name: 'n', points }] }, 0);
    expect(svg).not.toMatch(/NaN|Infinity/);
  }
});

test('axes have round numbers', () => {
  expect(roundTicks(873)).toEqual([0, 250, 500, 750, 1_000]);
  expect(roundTicks(0)).toEqual([0, 1]);
  expect(roundTicks(0.3)).toEqual([0, 0.1, 0.2, 0.3]);
  expect(timeTicks(180)).toEqual([0, 30, 60, 90, 120, 150, 180]);
  expect([0, 950, 12_345, 2_500_000].map(shortNumber)).toEqual(['0', '950', '12.3 k', '2.5 M']);
  expect([5, 75, 3_675].map(clockTime)).toEqual(['0:05', '1:15', '1:01:15']);
});

function line(seconds: number, value: (second: number) => number): Point[] {
  return Array.from({ length: seconds }, (_, second) => [second, value(second)]);
}

import type { Night } from './live-through-night.ts';

type NamedNight = Pick<Night, 'firstTimes' | 'repeats' | 'marks' | 'lost' | 'duplicates'> & {
  readonly name: string;
};

const width = 960;
const panelHeight = 150;
const [left, right, top, gap] = [70, 20, 20, 60];

/** Records a second that a reader of the master saw, a panel for each mirror, all to the same scale. */
export function drawNights(nights: readonly NamedNight[]): string {
  const seconds = Math.max(1, ...nights.map(({ firstTimes }) => firstTimes.length));
  const most = Math.max(1, ...nights.flatMap(totalsOf));
  const height = top + nights.length * (panelHeight + gap);
  const panels = nights.map((night, index) =>
    drawPanel(night, { seconds, most, y: top + index * (panelHeight + gap) + 20 }),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}">
<style>
  svg { background: #fff } text { fill: #222; font: 12px sans-serif }
  .new { fill: #2b6cb0 } .again { fill: #c53030 }
  .mark { stroke: #888; stroke-dasharray: 4 3 } .axis { stroke: #888 }
  @media (prefers-color-scheme: dark) {
    svg { background: #16181d } text { fill: #ddd } .new { fill: #63b3ed }
  }
</style>
${panels.join('\n')}
</svg>
`;
}

function totalsOf({ firstTimes, repeats }: NamedNight): number[] {
  return firstTimes.map((count, second) => count + (repeats[second] ?? 0));
}

function drawPanel(night: NamedNight, scale: { seconds: number; most: number; y: number }): string {
  const { name, firstTimes, repeats, marks, lost, duplicates } = night;
  const bottom = scale.y + panelHeight;
  const perSecond = (width - left - right) / scale.seconds;
  const x = (second: number): string => (left + second * perSecond).toFixed(1);
  const tall = (count: number): number => (count / scale.most) * (panelHeight - 16);
  const bar = (second: number, from: number, count: number, kind: string): string => {
    if (count === 0) return '';
    const y = (bottom - tall(from + count)).toFixed(1);
    const size = `width="${(perSecond * 0.9).toFixed(1)}" height="${tall(count).toFixed(1)}"`;
    return `<rect class="${kind}" x="${x(second)}" y="${y}" ${size}/>`;
  };
  const bars = firstTimes.map(
    (count, second) => bar(second, 0, count, 'new') + bar(second, count, repeats[second] ?? 0, 'again'),
  );
  const lines = marks.map(({ second, what }, index) => {
    const line = `<line class="mark" x1="${x(second)}" x2="${x(second)}" y1="${scale.y}" y2="${bottom}"/>`;
    const y = scale.y + 10 + (index % 2) * 14;
    return `${line}<text x="${x(second + 0.4)}" y="${y}" font-size="10">${escaped(what)}</text>`;
  });
  const highest = (bottom - tall(scale.most) + 4).toFixed(1);
  const title = `${name}: ${lost} lost, ${duplicates} doubled`;
  return [
    `<text x="${left}" y="${scale.y - 6}" font-weight="bold">${escaped(title)}</text>`,
    ...bars.filter((each) => each !== ''),
    ...lines,
    `<line class="axis" x1="${left}" x2="${width - right}" y1="${bottom}" y2="${bottom}"/>`,
    `<text x="${left - 6}" y="${highest}" text-anchor="end">${scale.most}/s</text>`,
    `<text x="${left - 6}" y="${bottom}" text-anchor="end">0</text>`,
    `<text x="${width - right}" y="${bottom + 16}" text-anchor="end">${scale.seconds} s</text>`,
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

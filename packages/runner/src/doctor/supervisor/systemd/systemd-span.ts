const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * In systemd's order, which decides: the first name that the text starts with counts
 * (src/basic/time-util.c).
 */
const units: readonly (readonly [name: string, ms: number])[] = [
  ...[
    ['seconds', second] as const,
    ['second', second] as const,
    ['sec', second] as const,
    ['s', second] as const,
  ],
  ...[['minutes', minute] as const, ['minute', minute] as const, ['min', minute] as const],
  ...[['months', 2_629_800 * second] as const, ['month', 2_629_800 * second] as const],
  ...[['M', 2_629_800 * second] as const, ['msec', 1] as const, ['ms', 1] as const, ['m', minute] as const],
  ...[['hours', hour] as const, ['hour', hour] as const, ['hr', hour] as const, ['h', hour] as const],
  ...[['days', day] as const, ['day', day] as const, ['d', day] as const],
  ...[['weeks', 7 * day] as const, ['week', 7 * day] as const, ['w', 7 * day] as const],
  ...[['years', 31_557_600 * second] as const, ['year', 31_557_600 * second] as const],
  ...[['y', 31_557_600 * second] as const, ['usec', 0.001] as const, ['us', 0.001] as const],
  ...[['\u00b5s', 0.001] as const, ['\u03bcs', 0.001] as const],
];

/**
 * A time span as systemd parses it, systemd.time(7): "90", "1min 30s", ".5", "1month", "infinity".
 * Undefined for what is none; systemd then goes on with the value that it had before.
 */
export function systemdSpanMs(text: string): number | undefined {
  let rest = text.trim();
  if (rest === 'infinity') return Infinity;
  if (rest === '') return undefined;
  let totalMs = 0;
  while (rest !== '') {
    const number = /^\+?(?:\d+(?:\.\d+)?|\.\d+)/.exec(rest)?.[0];
    if (number === undefined) return undefined;
    const behind = rest.slice(number.length);
    const [name, ms] = units.find(([each]) => behind.trimStart().startsWith(each)) ?? ['', second];
    const after = name === '' ? behind : behind.trimStart().slice(name.length);
    // Without a unit a space has to part it from the next number.
    if (name === '' && behind !== '' && !/^\s/.test(behind)) return undefined;
    totalMs += Number(number.replace(/^\+/, '')) * ms;
    rest = after.trimStart();
  }
  return totalMs;
}

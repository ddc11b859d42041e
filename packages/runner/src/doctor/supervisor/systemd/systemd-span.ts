const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * In systemd's order, which decides: the first name that the text starts with counts
 * (src/basic/time-util.c).
 */
const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ...[
    ['seconds', SECOND] as const,
    ['second', SECOND] as const,
    ['sec', SECOND] as const,
    ['s', SECOND] as const,
  ],
  ...[['minutes', MINUTE] as const, ['minute', MINUTE] as const, ['min', MINUTE] as const],
  ...[['months', 2_629_800 * SECOND] as const, ['month', 2_629_800 * SECOND] as const],
  ...[['M', 2_629_800 * SECOND] as const, ['msec', 1] as const, ['ms', 1] as const, ['m', MINUTE] as const],
  ...[['hours', HOUR] as const, ['hour', HOUR] as const, ['hr', HOUR] as const, ['h', HOUR] as const],
  ...[['days', DAY] as const, ['day', DAY] as const, ['d', DAY] as const],
  ...[['weeks', 7 * DAY] as const, ['week', 7 * DAY] as const, ['w', 7 * DAY] as const],
  ...[['years', 31_557_600 * SECOND] as const, ['year', 31_557_600 * SECOND] as const],
  ...[['y', 31_557_600 * SECOND] as const, ['usec', 0.001] as const, ['us', 0.001] as const],
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
    const [name, ms] = UNITS.find(([each]) => behind.trimStart().startsWith(each)) ?? ['', SECOND];
    const after = name === '' ? behind : behind.trimStart().slice(name.length);
    // Without a unit a space has to part it from the next number.
    if (name === '' && behind !== '' && !/^\s/.test(behind)) return undefined;
    totalMs += Number(number.replace(/^\+/, '')) * ms;
    rest = after.trimStart();
  }
  return totalMs;
}

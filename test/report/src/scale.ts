/** About `count` round numbers from 0 to at least `highest`: 1, 2, 2.5 or 5 times a power of ten apart. */
export function roundTicks(highest: number, count = 4): number[] {
  if (!(highest > 0) || !Number.isFinite(highest)) return [0, 1];
  const raw = highest / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((each) => each >= raw * 0.999)!;
  const ticks = [0];
  while (ticks.at(-1)! < highest * 0.999) ticks.push(Number((ticks.length * step).toPrecision(12)));
  return ticks;
}

/** '1.5 k', '20 M', '0.25'. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${trim(value / 1e6)} M`;
  if (size >= 1e4) return `${trim(value / 1e3)} k`;
  return trim(value);
}

/** Ticks of a time axis in seconds, at most 10, at moments that people count in. */
export function timeTicks(seconds: number): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400];
  const step = steps.find((each) => seconds / each <= 10) ?? Math.ceil(seconds / 10);
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step);
}

/** 75 is '1:15', 3675 is '1:01:15'. */
export function clockTime(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (part: number): string => String(part).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

function trim(value: number): string {
  return String(Number(value.toPrecision(3)));
}

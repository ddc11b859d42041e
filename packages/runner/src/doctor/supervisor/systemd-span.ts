const unitMs: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  sec: 1_000,
  second: 1_000,
  seconds: 1_000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
  weeks: 604_800_000,
};

/** systemd.time(7): "90", "1min 30s", "infinity"; 0 means never for a timeout. Throws for what is no time span. */
export function systemdSpanMs(text: string): number {
  if (text === 'infinity') return Infinity;
  const parts = [...text.matchAll(/\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*/gy)];
  const read = parts.reduce((length, [part]) => length + part.length, 0);
  let totalMs = 0;
  for (const [, amount, unit] of parts) totalMs += Number(amount) * (unitMs[unit || 's'] ?? NaN);
  if (read !== text.length || text === '' || Number.isNaN(totalMs))
    throw new Error(`${JSON.stringify(text)} is no time span`);
  return totalMs === 0 ? Infinity : totalMs;
}

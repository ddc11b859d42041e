const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  '\u00b5s': 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** A duration as Go and compose write it: "10s", "1m30s", ".5s". Undefined for anything else. */
export function goSpanMs(text: string): number | undefined {
  if (text === '0') return 0;
  const parts = [...text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|ms|s|m|h|d|w)/gy)];
  const read = parts.reduce((length, [part]) => length + part.length, 0);
  if (text === '' || read !== text.length) return undefined;
  return parts.reduce((totalMs, [, amount, unit]) => totalMs + Number(amount) * unitMs[unit!]!, 0);
}

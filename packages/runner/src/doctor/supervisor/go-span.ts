const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** A duration as Go and compose write it: "10s", "1m30s". Throws for anything else. */
export function goSpanMs(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)/gy)];
  const read = parts.reduce((length, [part]) => length + part.length, 0);
  if (text === '' || read !== text.length)
    throw new Error(`${JSON.stringify(text)} is no duration like 10s or 1m30s`);
  return parts.reduce((totalMs, [, amount, unit]) => totalMs + Number(amount) * unitMs[unit!]!, 0);
}

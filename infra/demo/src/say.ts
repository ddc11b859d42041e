/** One line of progress. */
export function say(line: string): void {
  process.stdout.write(`demo: ${line}\n`);
}

/** Says that something begins, that it still goes on, and how long it took. */
export async function withProgress<T>(what: string, work: () => Promise<T>): Promise<T> {
  const beganMs = performance.now();
  const seconds = (): string => ((performance.now() - beganMs) / 1000).toFixed(1);
  say(`${what} ...`);
  const still = setInterval(() => say(`${what} ... ${seconds()} s`), 10_000);
  try {
    const result = await work();
    say(`${what}: done in ${seconds()} s`);
    return result;
  } finally {
    clearInterval(still);
  }
}

/** Part of the account: text as it is. */
export function tell(text: string): void {
  process.stdout.write(`${text}\n`);
}

const everyMs = 5_000;

/** Long work says how far it is, a line on standard error every 5 s; undefined: nothing to tell yet. */
export function tellProgress(line: () => string | undefined): Disposable {
  const timer = setInterval(() => {
    const text = line();
    if (text !== undefined) process.stderr.write(`${text}\n`);
  }, everyMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

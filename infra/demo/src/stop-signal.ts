/** Why the demo's work was broken off: a person asked for it. */
export class StopRequested extends Error {
  override readonly name = 'StopRequested';
}

/**
 * Within this time a second signal is taken for the same one: npm passes Ctrl-C on to who has had it from
 * the terminal already.
 */
const sameSignalMs = 1_000;

/**
 * Aborted by Ctrl-C, TERM or a closed terminal. A further signal ends the process at once; its guard then
 * kills what it started.
 */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  let firstAtMs: number | undefined;
  const onSignal = (name: NodeJS.Signals): void => {
    firstAtMs ??= performance.now();
    stop.abort(new StopRequested(name));
    if (performance.now() - firstAtMs < sameSignalMs) return;
    process.stderr.write(`\n${name} again: ending at once\n`);
    // oxlint-disable-next-line unicorn/no-process-exit -- asked for twice
    process.exit(1);
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return stop.signal;
}

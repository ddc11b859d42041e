import { once } from 'node:events';
import { addressesToTry } from './show/addresses-to-try.ts';
import { DemoError } from './errors.ts';
import type { DemoOptions } from './options.ts';
import { say, tell } from './say.ts';
import { showLater } from './show/show-later.ts';
import { showSamples } from './show/show-samples.ts';
import { growPipeline } from './pipeline/grow-pipeline.ts';
import { startPipeline, type Pipeline } from './pipeline/start-pipeline.ts';
import { StopRequested } from './stop-signal.ts';

/** Runs the demo to its end, and answers the exit code. Nothing that it started is left then. */
export async function runDemo(options: DemoOptions, stop: AbortSignal): Promise<0 | 1> {
  stop.addEventListener('abort', () => say(`${(stop.reason as Error).message}: stopping`), { once: true });
  try {
    return await demo(options, stop);
  } catch (error) {
    if (!(error instanceof StopRequested)) return fail(error);
    // With --once, 0 would say that the events have been seen.
    return options.once ? 1 : 0;
  }
}

async function demo(options: DemoOptions, stop: AbortSignal): Promise<0 | 1> {
  await using stack = new AsyncDisposableStack();
  const pipeline = await startPipeline(options, stop, stack);
  const ok = await showSamples(pipeline);
  if (options.once) return ok ? 0 : 1;
  const grown = await growPipeline(pipeline, options.datacenters, stack);
  tell(addressesToTry(grown));
  showLater(grown.watch);
  const lasted = await untilStopped(grown, stop);
  return ok && lasted ? 0 : 1;
}

/**
 * Returns whether everything lasted until then: a service that has been killed is told of, and the rest
 * goes on.
 */
async function untilStopped({ halt }: Pipeline, stop: AbortSignal): Promise<boolean> {
  if (!halt.aborted) await once(halt, 'abort');
  if (stop.aborted) return true;
  say(`${(halt.reason as Error).message}\ndemo: what is left goes on until Ctrl-C`);
  // A signal does not keep a process alive.
  const alive = setInterval(() => undefined, 60_000);
  if (!stop.aborted) await once(stop, 'abort');
  clearInterval(alive);
  return false;
}

function fail(error: unknown): 1 {
  if (error instanceof SuppressedError) {
    fail(error.suppressed);
    return fail(error.error);
  }
  if (error instanceof StopRequested) return 1;
  const known = error instanceof DemoError;
  const text = known
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`demo: ${text}\n`);
  return 1;
}

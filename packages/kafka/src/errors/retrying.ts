import { KafkaError } from './errors.ts';
import { wait } from './wait.ts';

export interface RetryOptions {
  /** Give up after this long and throw the last error. Default 30 000; `Infinity` never gives up. */
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
  /** Called with each error before the wait that follows it, for example to forget a leader. */
  onError?: (error: KafkaError) => void;
}

/**
 * Runs `attempt` until it succeeds. Throws at once an error that is not retryable, the last error when time
 * is up, and the signal's reason.
 */
export async function retrying<T>(
  what: string,
  attempt: () => Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const giveUpAt = performance.now() + (options.timeoutMs ?? 30_000);
  for (let tries = 0; ; tries++) {
    options.signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof KafkaError) || !error.retryable) throw error;
      const waitMs = backoffMs(tries);
      if (performance.now() + waitMs > giveUpAt) {
        throw new KafkaError(error.code, `${what}: gave up after ${tries + 1} tries: ${error.message}`, {
          retryable: true,
          cause: error,
        });
      }
      options.onError?.(error);
      await wait(waitMs, options.signal);
    }
  }
}

/**
 * 20 ms, doubling up to 1 s, with 20 % jitter: the clients of a restarted broker do not all come back at
 * once.
 */
export function backoffMs(tries: number): number {
  return Math.min(1_000, 20 * 2 ** Math.min(tries, 10)) * (0.8 + 0.4 * Math.random());
}

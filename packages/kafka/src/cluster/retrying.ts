import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaError } from './errors.ts';

export interface RetryOptions {
  /** Give up after this long and throw the last error. Default 30 000; `Infinity` never gives up. */
  deadlineMs?: number;
  signal?: AbortSignal | undefined;
  /** Called with each error before its wait: to forget a leader or a coordinator. */
  onError?: (error: KafkaError) => void;
}

/** Runs `attempt` until it succeeds, fails with an error that is not retryable, or the deadline passes. */
export async function retrying<T>(
  what: string,
  attempt: () => Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const until = Date.now() + (options.deadlineMs ?? 30_000);
  for (let tries = 0; ; tries++) {
    options.signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof KafkaError) || !error.retryable) throw error;
      const waitMs = backoffMs(tries);
      if (Date.now() + waitMs > until) {
        throw new KafkaError(error.code, `${what}: gave up after ${tries + 1} tries: ${error.message}`, {
          retryable: true,
          cause: error,
        });
      }
      options.onError?.(error);
      await sleep(waitMs, undefined, options.signal ? { signal: options.signal } : {});
    }
  }
}

/** 20 ms doubling to 1 s, each with 20 % jitter so that many clients of a restarted broker do not come in step. */
export function backoffMs(tries: number): number {
  return Math.min(1_000, 20 * 2 ** Math.min(tries, 10)) * (0.8 + 0.4 * Math.random());
}

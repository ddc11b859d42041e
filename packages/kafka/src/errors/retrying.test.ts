import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KafkaError } from './errors.ts';
import { retrying } from './retrying.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const away = (): Promise<never> => Promise.reject(new KafkaError('CONNECTION', 'away'));

test.each([-86_400_000, 86_400_000])(
  'a wall clock that jumps by %d ms meanwhile changes nothing about when it gives up',
  async (jumpMs) => {
    let gaveUp = false;
    const trying = retrying('something', away, { timeoutMs: 10_000 }).catch((error: unknown) => {
      gaveUp = true;
      return error;
    });
    await vi.advanceTimersByTimeAsync(2_000);
    vi.setSystemTime(Date.now() + jumpMs);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(gaveUp).toBe(false);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await trying).toMatchObject({ code: 'CONNECTION', retryable: true });
  },
);

test('it ends with the reason of its signal, also in the middle of a wait', async () => {
  const stopping = new AbortController();
  const options = { timeoutMs: Infinity, signal: stopping.signal };
  const trying = retrying('something', away, options).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(60_000);
  const reason = new Error('we stop');
  stopping.abort(reason);
  expect(await trying).toBe(reason);
});

test('an error that is not retryable is thrown at once', async () => {
  const refused = new KafkaError('TLS', 'no trust');
  await expect(retrying('something', () => Promise.reject(refused))).rejects.toBe(refused);
});

import type { Answer } from '../account/findings.ts';
import { pause } from '../pause.ts';
import type { Probe } from './probe.ts';

export interface Target {
  /** Of a Receiver, without a slash at the end. */
  readonly url: string;
  /** An API key, if the Receiver wants one. */
  readonly apiKey: string | undefined;
}

export interface SendOptions {
  readonly partitionKey: string;
  /** How long one try may take; longer than the Receiver's delivery deadline. */
  readonly timeoutMs: number;
  /** How long an unanswered probe is sent again, ms. After that its fate is unknown. */
  readonly retryMs: number;
  readonly signal: AbortSignal;
  onResend(): void;
}

/**
 * Sends a probe as a good client does: anything but a definite answer means "send it again", with the same
 * id and the same key. Only a 4xx that a repetition cannot change is a refusal.
 */
export async function sendProbe(target: Target, probe: Probe, options: SendOptions): Promise<Answer> {
  const giveUpAt = performance.now() + options.retryMs;
  for (let tries = 0; ; tries++) {
    if (tries > 0) options.onResend();
    const { status, retryAfterMs, isReceipt } = await post(target, probe, options);
    if (isReceipt) return 'acknowledged';
    if (status >= 400 && status < 500 && status !== 408 && status !== 429) return 'rejected';
    const pauseMs = Math.max(retryAfterMs, Math.min(5_000, 200 * 2 ** tries) * (0.5 + Math.random() / 2));
    if (options.signal.aborted || performance.now() + pauseMs > giveUpAt) return 'unknown';
    await pause(pauseMs, options.signal);
    if (options.signal.aborted) return 'unknown';
  }
}

async function post(
  target: Target,
  probe: Probe,
  options: SendOptions,
): Promise<{ status: number; retryAfterMs: number; isReceipt: boolean }> {
  try {
    const response = await fetch(`${target.url}${probe.path}`, {
      method: probe.method,
      // It would make a GET of a POST, and take the page behind it for an answer.
      redirect: 'manual',
      headers: {
        'x-partition-key': options.partitionKey,
        ...(probe.contentType !== null && { 'content-type': probe.contentType }),
        ...(target.apiKey !== undefined && { authorization: `Bearer ${target.apiKey}` }),
      },
      body: probe.body && new Uint8Array(probe.body),
      signal: AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]),
    });
    const body = await response.text(); // also frees the connection
    const seconds = Number(response.headers.get('retry-after') ?? 0);
    return {
      status: response.status,
      retryAfterMs: Number.isFinite(seconds) ? seconds * 1_000 : 0,
      isReceipt: response.status === 200 && isReceipt(probe, response.headers.get('content-type'), body),
    };
  } catch {
    return { status: 0, retryAfterMs: 0, isReceipt: false }; // no answer, whatever the reason: perhaps stored
  }
}

/** The login page of a proxy is a 200, too. Only the Receiver's own words say that the event is stored. */
function isReceipt({ method }: Probe, contentType: string | null, body: string): boolean {
  if (method === 'GET') return contentType === 'image/gif';
  try {
    const told = JSON.parse(body) as { request_id?: unknown; bytes?: unknown } | null;
    return typeof told?.request_id === 'string' && typeof told.bytes === 'number';
  } catch {
    return false;
  }
}

import { judge, noAnswer, type Answer } from './answer.ts';
import { canOutlive, sendBeacon } from './browser.ts';

export interface Parcel {
  body: string;
  key: string;
  /** From 1. */
  attempt: number;
}

export interface Destination {
  url: string;
  apiKey: string | undefined;
  timeoutMs: number;
}

/** Sends one request and judges its answer. Never rejects: a request that fails in any way has no answer. */
export async function post(to: Destination, parcel: Parcel, keepalive: boolean): Promise<Answer> {
  return exchange(`${to.url}/v4/events`, to.timeoutMs, {
    body: parcel.body,
    // Only where it means something: it narrows what may be sent.
    ...(keepalive && { keepalive }),
    headers: {
      'content-type': 'application/json',
      'x-partition-key': parcel.key,
      'x-attempt': String(parcel.attempt),
      ...(to.apiKey !== undefined && { authorization: `Bearer ${to.apiKey}` }),
    },
  });
}

/**
 * The same for a page that may be about to go away: no header that a browser would have to ask for first. The
 * request is handed over before this returns. `undefined`: handed over, and there will be no answer.
 */
export function postLast(to: Destination, parcel: Parcel): Promise<Answer | undefined> {
  const key = to.apiKey === undefined ? '' : `&api_key=${encodeURIComponent(to.apiKey)}`;
  const url = `${to.url}/v4/beacon?partition_key=${encodeURIComponent(parcel.key)}${key}`;
  if (canOutlive()) return exchange(url, to.timeoutMs, { body: parcel.body, keepalive: true });
  return Promise.resolve(sendBeacon(url, parcel.body) ? undefined : noAnswer);
}

async function exchange(url: string, timeoutMs: number, init: RequestInit): Promise<Answer> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  try {
    // Without cookies: they are none of the Receiver's business, and may be too large for it.
    const response = await fetch(url, {
      method: 'POST',
      credentials: 'omit',
      // And no `cache`: answers to POST are not kept anyway, and with 'no-store' Chromium asks for leave
      // before each request anew, whatever the Receiver lets it remember.
      signal: late.signal,
      ...init,
    });
    // A connection that is cut within the answer is no answer.
    return judge(response.status, await response.text(), response.headers.get('retry-after'));
  } catch {
    // No network, a time-out, or an origin that the Receiver does not know: a page is not told which.
    return noAnswer;
  } finally {
    clearTimeout(timer);
  }
}

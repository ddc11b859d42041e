const answerWithinMs = 2_000;

/** Whether the URL answers 2xx; a redirect is no answer, and neither is silence. */
export async function isReady(url: URL): Promise<boolean> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(answerWithinMs) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/**
 * What an answer means for the events that were sent.
 *
 * - stored: every in-sync replica has them.
 * - later: not now, or nobody knows. Send the same events again.
 * - bad: this request will never be taken. Perhaps a smaller one is, or an event in it is to blame.
 * - strange: something between us and the Receiver has refused it, such as a firewall that dislikes a text.
 */
export type Verdict = 'stored' | 'later' | 'bad' | 'strange';

export interface Answer {
  verdict: Verdict;
  /** The problem's code, `http-STATUS` from a stranger, or `no-answer`. */
  code: string;
  /** What the Receiver says that a person may do about it, such as the path that was meant. */
  detail?: string;
  /** 0 without an answer. */
  status: number;
  /** How long the server asks us to stay away; 0 when it does not. */
  retryAfterMs: number;
}

export const noAnswer: Answer = { verdict: 'later', code: 'no-answer', status: 0, retryAfterMs: 0 };

/**
 * The longest time that a server can silence us. A broken proxy may ask for years, and a timer of more than
 * 24 days fires at once.
 */
const retryAfterMaxMs = 600_000;

/** Statuses by which the Receiver speaks of the request itself, not of who sends it or where to. */
const aboutRequest = [400, 413, 415, 431];

/** Judges a whole answer. Whoever is between us and the Receiver may have written it. */
export function judge(status: number, body: string, retryAfter: string | null): Answer {
  const answer = { status, retryAfterMs: retryAfterMs(retryAfter) };
  const said = objectOf(body);
  // The login page of a hotel's network is a 200, too: only the Receiver's own words are an acknowledgement.
  if (status === 200 && typeof said['request_id'] === 'string' && typeof said['bytes'] === 'number')
    return { ...answer, verdict: 'stored', code: 'stored' };
  if (typeof said['code'] === 'string' && typeof said['retryable'] === 'boolean') {
    // A key that is not known, or a wrong address, is mended by somebody, sometime: the events are kept.
    const bad = !said['retryable'] && aboutRequest.includes(status);
    const judged: Answer = { ...answer, verdict: bad ? 'bad' : 'later', code: said['code'] };
    return typeof said['detail'] === 'string' ? { ...judged, detail: said['detail'] } : judged;
  }
  return { ...answer, verdict: verdictOfStranger(status), code: `http-${status}` };
}

function verdictOfStranger(status: number): Verdict {
  if (status === 413) return 'bad';
  return status >= 400 && status < 500 && status !== 408 && status !== 429 ? 'strange' : 'later';
}

function objectOf(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {}; // a page of HTML: it says nothing to us
  }
}

/** Seconds only: a date would have to be compared with a clock that may be wrong. */
function retryAfterMs(header: string | null): number {
  return header !== null && /^\s*\d+\s*$/.test(header) ? Math.min(Number(header) * 1000, retryAfterMaxMs) : 0;
}

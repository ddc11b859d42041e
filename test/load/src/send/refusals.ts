import type { SendProgress } from './send-totals.ts';

const meanings: Readonly<Record<string, string>> = {
  401: 'the Receiver asks for an API key (--api-key-file)',
  403: 'the Receiver does not know this API key',
};

/** A line for each kind of answer that stored nothing and should have; none when there was none. */
export function refusalsInWords({
  acknowledged,
  unknown,
  refusedBy,
  strange: { answers, first },
}: Pick<SendProgress, 'acknowledged' | 'unknown' | 'refusedBy' | 'strange'>): string[] {
  const refusals = Object.entries(refusedBy);
  const all = acknowledged + unknown === 0 && refusals.length === 1 ? 'All ' : '';
  const strange = `${answers} answers were not a Receiver's, so no acknowledgement; the first: ${first}`;
  const refused = refusals.map(([status, events]) => {
    const meaning = meanings[status];
    return `${all}${events} events were refused with ${status}${meaning === undefined ? '' : `: ${meaning}`}`;
  });
  return answers === 0 ? refused : [strange, ...refused];
}

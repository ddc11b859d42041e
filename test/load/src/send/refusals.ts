import type { SendProgress } from './send-totals.ts';

const meanings: Readonly<Record<string, string>> = {
  401: 'the Receiver asks for an API key (--api-key-file)',
  403: 'the Receiver does not know this API key',
};

/** A line for each answer that refused events; none when none were. */
export function refusalsInWords({
  acknowledged,
  unknown,
  refusedBy,
}: Pick<SendProgress, 'acknowledged' | 'unknown' | 'refusedBy'>): string[] {
  const refusals = Object.entries(refusedBy);
  const all = acknowledged + unknown === 0 && refusals.length === 1 ? 'All ' : '';
  return refusals.map(([status, events]) => {
    const meaning = meanings[status];
    return `${all}${events} events were refused with ${status}${meaning === undefined ? '' : `: ${meaning}`}`;
  });
}

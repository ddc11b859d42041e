import type { ArrivedEvent } from './arrived-record.ts';

export interface Spread {
  count: number;
  medianMs: number;
  maxMs: number;
}

export interface Latencies {
  /** Request sent to answer received: events.raw has it on every in-sync replica. */
  answered: Spread;
  /** Received by the Receiver to seen in events.clean of the datacenter. */
  filtered: Spread;
  /** Seen there to seen in the master. */
  mirrored: Spread;
  /** Received by the Receiver to seen in the master. */
  whole: Spread;
}

/** All on one machine, so by one clock; "seen" is by read_committed readers in the demo's own process. */
export function measureLatencies(
  answeredMs: readonly number[],
  clean: readonly ArrivedEvent[],
  arrived: readonly ArrivedEvent[],
): Latencies {
  const cleanAtMs = new Map(clean.map(({ eventId, seenAtMs }) => [eventId, seenAtMs]));
  const since = ({ event, seenAtMs }: ArrivedEvent): number => seenAtMs - event.received_at;
  return {
    answered: spread(answeredMs),
    filtered: spread(clean.map(since)),
    mirrored: spread(
      arrived.flatMap(({ eventId, seenAtMs }) => {
        const beforeMs = cleanAtMs.get(eventId);
        return beforeMs === undefined ? [] : [seenAtMs - beforeMs];
      }),
    ),
    whole: spread(arrived.map(since)),
  };
}

function spread(valuesMs: readonly number[]): Spread {
  const sorted = valuesMs.toSorted((one, other) => one - other);
  return {
    count: sorted.length,
    medianMs: sorted[Math.floor((sorted.length - 1) / 2)] ?? 0,
    maxMs: sorted.at(-1) ?? 0,
  };
}

/** What the Input Filter counted, in committed transactions. */
export interface FilterCounts {
  requests: number;
  events: number;
  clean: number;
  rejected: number;
  unwanted: number;
  duplicate: number;
}

/** The same things, counted in four places. */
export interface Balance {
  /** By who posted: acknowledged requests, their events, and the events of those that were copies. */
  posted: { requests: number; events: number; copies: number };
  /** By the Input Filter's /metrics. */
  filter: FilterCounts;
  /** Records in the topics, read again from the beginning. */
  topics: { raw: number; clean: number; rejected: number; master: number };
}

/**
 * `events in = clean + rejected + duplicate`, where rejected includes what is unwanted: empty when it holds
 * everywhere.
 */
export function balanceProblems({ posted, filter, topics }: Balance): string[] {
  const outcomes = filter.clean + filter.rejected + filter.unwanted + filter.duplicate;
  const compared: [what: string, one: number, other: number][] = [
    ['events in and outcomes, as the Input Filter counted', filter.events, outcomes],
    ['events posted and events in', posted.events, filter.events],
    ['events of requests posted twice and duplicates', posted.copies, filter.duplicate],
    ['requests acknowledged and records of events.raw', posted.requests, topics.raw],
    ['records of events.raw and requests filtered', topics.raw, filter.requests],
    ['clean events counted and records of events.clean', filter.clean, topics.clean],
    [
      'rejected events counted and records of events.rejected',
      filter.rejected + filter.unwanted,
      topics.rejected,
    ],
    ['records of events.clean in the datacenter and in the master', topics.clean, topics.master],
    [
      'events posted and records of the master + events.rejected + events posted twice',
      posted.events,
      topics.master + topics.rejected + posted.copies,
    ],
  ];
  return compared
    .filter(([, one, other]) => one !== other)
    .map(([what, one, other]) => `${what} differ: ${one} and ${other}`);
}

/** Reads the Input Filter's counters from the text of /metrics. */
export function readFilterCounts(exposition: string): FilterCounts {
  const sum = (name: string, label = ''): number =>
    exposition
      .split('\n')
      .filter((line) => line.startsWith(`penstock_input_filter_${name}`) && line.includes(label))
      .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
  const outcome = (name: string): number => sum('outcomes_total', `outcome="${name}"`);
  return {
    requests: sum('requests_total'),
    events: sum('events_total'),
    clean: outcome('clean'),
    rejected: outcome('rejected'),
    unwanted: outcome('unwanted'),
    duplicate: outcome('duplicate'),
  };
}

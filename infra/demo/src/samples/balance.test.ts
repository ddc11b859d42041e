import { expect, test } from 'vitest';
import { balanceProblems, readFilterCounts, type Balance } from './balance.ts';

const even: Balance = {
  posted: { requests: 20, events: 28, copies: 3 },
  filter: { requests: 20, events: 28, clean: 17, rejected: 7, unwanted: 1, duplicate: 3 },
  topics: { raw: 20, clean: 17, rejected: 8, master: 17 },
};

test('the balance holds when every count agrees with every other', () => {
  expect(balanceProblems(even)).toEqual([]);
});

test('an event that is lost or doubled on the way to the master is told by both counts', () => {
  expect(balanceProblems({ ...even, topics: { ...even.topics, master: 16 } })).toEqual([
    'records of events.clean in the datacenter and in the master differ: 17 and 16',
    'events posted and records of the master + events.rejected + events posted twice differ: 28 and 27',
  ]);
});

test('an event that vanishes inside the Input Filter breaks its own sum', () => {
  expect(balanceProblems({ ...even, filter: { ...even.filter, rejected: 6 } })).toContain(
    'events in and outcomes, as the Input Filter counted differ: 28 and 27',
  );
});

test('the counters are read from the exposition, whatever else is in it', () => {
  const exposition = `# HELP penstock_input_filter_events_total Events after the split.
# TYPE penstock_input_filter_events_total counter
penstock_input_filter_requests_total 20
penstock_input_filter_events_total 28
penstock_input_filter_outcomes_total{outcome="clean"} 17
penstock_input_filter_outcomes_total{outcome="rejected"} 7
penstock_input_filter_outcomes_total{outcome="unwanted"} 1
penstock_input_filter_outcomes_total{outcome="duplicate"} 3
penstock_input_filter_rejected_total{reason="unwanted"} 1
process_cpu_seconds_total 4.2
`;
  expect(readFilterCounts(exposition)).toEqual(even.filter);
});

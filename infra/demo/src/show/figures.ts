import type { Balance } from '../samples/balance.ts';
import { columns } from './columns.ts';
import type { Latencies, Spread } from '../samples/latency.ts';

/** Times and sums, as text for a person. */
export function figures(latencies: Latencies, { filter, topics, posted }: Balance): string {
  const row = (hop: string, { count, medianMs, maxMs }: Spread, how: string): string[] => [
    hop,
    String(count),
    `${medianMs.toFixed(0)} ms`,
    `${maxMs.toFixed(0)} ms`,
    how,
  ];
  const rejected = filter.rejected + filter.unwanted;
  return [
    'HOW LONG it took by the clock of this machine; "seen" is by read_committed readers of the demo. The',
    'first events after a start are slow. Commit intervals (Input Filter 200 ms, Mirror 250 ms) are in it',
    columns([
      ['hop', 'count', 'median', 'longest', 'from .. to'],
      row('Receiver', latencies.answered, 'request sent .. 200 received: stored in events.raw'),
      row('Input Filter', latencies.filtered, 'received .. seen in events.clean of the datacenter'),
      row('Mirror', latencies.mirrored, 'seen there .. seen in the master'),
      row('all', latencies.whole, 'received .. seen in the master'),
    ]),
    '',
    'BALANCE, from the Input Filter’s /metrics and, in brackets, by reading every topic again',
    `  events in ${filter.events} (${posted.events} posted)` +
      ` = clean ${filter.clean} (${topics.clean}; master ${topics.master})` +
      ` + rejected ${rejected} (${topics.rejected}; ${filter.unwanted} of them unwanted)` +
      ` + duplicate ${filter.duplicate}`,
    `  requests acknowledged ${posted.requests} = records of events.raw ${topics.raw}` +
      ` = requests filtered ${filter.requests}`,
  ].join('\n');
}

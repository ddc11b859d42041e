import type { Row, Table } from '../../table.ts';
import type { Night, NightPlan } from './live-through-night.ts';

export interface NightOutcome {
  readonly name: string;
  readonly night?: Night;
  /** Why there is none. */
  readonly trouble?: string;
}

export function nightTable(outcomes: readonly NightOutcome[], plan: NightPlan): Table {
  const { recordsPerSecond, quietSeconds, downSeconds } = plan;
  return {
    title: 'A night: brokers are killed under load',
    columns: [
      { key: 'acknowledged', title: 'records', digits: 0 },
      { key: 'lost', title: 'lost', digits: 0 },
      { key: 'duplicates', title: 'doubled', digits: 0 },
      { key: 'silence', title: 'longest silence, s', digits: 1 },
      { key: 'caughtUp', title: 'all there after, s', digits: 1 },
    ],
    rows: outcomes.map(rowOf),
    notes: [
      `${recordsPerSecond} records of 1 KB a second, acknowledged by all in-sync replicas of the ` +
        'datacenter (three brokers, RF 3); the master has one broker. ' +
        `After ${quietSeconds} s a broker of the datacenter gets SIGKILL and is started again after ` +
        `${downSeconds} s; ${quietSeconds} s after it is back, the same is done to that of the master.`,
      'A reader (read_committed) of the master counts: lost is what was acknowledged and did not come ' +
        'before 90 s of silence, doubled is what came again. Silence includes the time in which the only ' +
        'broker of the master is away and recovers its log. All there: after the end of the load.',
      'Once for each mirror, one after the other, all with their defaults, but for exactly-once where its ' +
        'name says so. [Drawn](night.svg).',
    ],
  };
}

function rowOf({ name, night, trouble }: NightOutcome): Row {
  if (night === undefined) return { name, figures: {}, skipped: trouble ?? 'nothing was measured' };
  const { acknowledged, lost, duplicates, longestSilence, caughtUpAfter } = night;
  const figures = { acknowledged, lost, duplicates, silence: longestSilence, caughtUp: caughtUpAfter };
  return { name, figures };
}

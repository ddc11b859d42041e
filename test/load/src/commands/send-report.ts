import type { RateStep } from '../plan/arrivals.ts';
import { refusalsInWords } from '../send/refusals.ts';
import type { SendProgress } from '../send/send-totals.ts';

export interface SendOutcome {
  ledger: string;
  seed: number;
  /** Events that were not sent, because the run was stopped. */
  unsent: number;
  total: SendProgress;
  steps: readonly SendProgress[];
  /** What the sender itself took. */
  own: { cpuMicrosPerEvent: number; cores: number };
}

/** The outcome for a person: a row for each step, and one for all. */
export function describeSent(outcome: SendOutcome, rate: readonly RateStep[] = []): string {
  const { total, steps, unsent, own } = outcome;
  const rows = [
    [
      '',
      'offered/s',
      'events/s',
      'requests/s',
      'MB/s',
      'p50 ms',
      'p99 ms',
      'p99.9 ms',
      'longest ms',
      'late ms',
    ],
    ...(steps.length > 1
      ? steps.map((step, index) => row(`step ${index + 1}`, step, rate[index]?.eventsPerSecond))
      : []),
    row('all', total, rate.length === 1 ? rate[0]?.eventsPerSecond : undefined),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const counts = [
    `${total.acknowledged} events acknowledged in ${total.requests} requests`,
    `${total.refused} refused`,
    `${total.unknown} unknown`,
    ...(unsent > 0 ? [`${unsent} not sent`] : []),
    `${total.resends} resends`,
  ];
  return [
    ...rows.map((cells) => cells.map((cell, column) => cell.padStart(widths[column]!)).join('  ')),
    '',
    counts.join(', '),
    ...refusalsInWords(total).map((words) => `${words}.`),
    ...(total.acknowledged === 0 ? ['NOTHING WAS ACKNOWLEDGED'] : []),
    `The sender took ${own.cpuMicrosPerEvent.toFixed(1)} microseconds of CPU for each event.`,
    `The ledger is in ${outcome.ledger}; the seed was ${outcome.seed}.`,
    '',
  ].join('\n');
}

function row(name: string, part: SendProgress, offered?: number): string[] {
  const seconds = Math.max(0.001, part.elapsedMs / 1_000);
  const { p50, p99, p999, max } = part.latencyMs;
  return [
    name,
    offered === undefined ? '-' : String(offered),
    (part.acknowledged / seconds).toFixed(0),
    (part.requests / seconds).toFixed(0),
    (part.bytes / seconds / 1e6).toFixed(2),
    ...[p50, p99, p999, max].map((ms) => ms.toFixed(1)),
    offered === undefined && part.lateMs === 0 ? '-' : part.lateMs.toFixed(0),
  ];
}

import { type Mark, type Plot, type Point, renderReport } from '@penstock/test-report';
import type { ProcessSample } from '../watch/process-watch.ts';
import { refusalsInWords } from '../send/refusals.ts';
import { usagePlots } from '../watch/usage-plots.ts';
import type { SendHistory } from './send-history.ts';
import type { SendOutcome } from './send-report.ts';

/** What is known of a run when it is over. */
export interface SendRecord {
  outcome: SendOutcome;
  history: SendHistory;
  /** Of the processes that were watched. */
  watch: { samples: readonly ProcessSample[]; marks: readonly Mark[] };
  options: { urls: readonly string[] };
}

/** The page of `send --report`. */
export function sendPage({ outcome, history, watch, options: { urls } }: SendRecord): string {
  const { total, unsent, seed, ledger } = outcome;
  const isAnswered = total.unknown + unsent === 0;
  const { p50, p99, p999, max } = total.latencyMs;
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  return renderReport({
    title: 'Load sent',
    verdict: {
      good: isAnswered && total.acknowledged > 0,
      headline: isAnswered
        ? `${total.acknowledged} events acknowledged; every request was answered`
        : `${total.unknown} events have no answer, ${unsent} were not sent`,
      details: [...refusalsInWords(total), 'What became of them, `npm run load -- verify` says.'],
    },
    facts: [
      ['Receivers', urls.join(', ')],
      ['seed', String(seed)],
      ['ledger', ledger],
      ['requests', String(total.requests)],
      ['refused events', String(total.refused)],
      ['resends', String(total.resends)],
      ['p50', ms(p50)],
      ['p99', ms(p99)],
      ['p99.9', ms(p999)],
      ['longest', ms(max)],
      ['CPU of the sender', `${outcome.own.cpuMicrosPerEvent.toFixed(1)} µs an event`],
    ],
    command: `npm run load -- send --url ${urls.join(',')} --seed ${seed}`,
    seconds: history.seconds,
    plots: [
      {
        title: 'Throughput',
        unit: 'events/s',
        series: [{ name: 'acknowledged', points: history.acknowledged }],
      },
      {
        title: 'Latency of requests',
        unit: 'ms',
        series: [
          { name: 'p50', points: history.p50 },
          { name: 'p99', points: history.p99 },
        ],
      },
      { title: 'Resends', unit: 'requests/s', series: [{ name: 'resends', points: history.resends }] },
      { title: 'Bodies', unit: 'MB/s', series: [{ name: 'bodies', points: history.bytes }] },
      ...lagPlots(watch.samples),
      ...usagePlots(watch.samples, 'the processes, and of this sender'),
    ],
    marks: watch.marks,
    tables: [],
  });
}

function lagPlots(samples: readonly ProcessSample[]): Plot[] {
  const names = [...new Set(samples.flatMap(({ lagSeconds }) => Object.keys(lagSeconds)))];
  const series = names.map((name) => ({
    name,
    points: samples.map(({ second, lagSeconds }): Point => [second, lagSeconds[name]]),
  }));
  return names.length === 0 ? [] : [{ title: 'Lag', unit: 's, of the partition that waits longest', series }];
}

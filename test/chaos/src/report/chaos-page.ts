import { usagePlots } from '@penstock/load';
import { clockTime, type Plot, type Point, renderReport } from '@penstock/test-report';
import type { ChaosReport } from './chaos-report.ts';
import type { Sample } from '../watch/sampler.ts';

type Judged = NonNullable<ChaosReport['judged']>;

/** The page of a run, in one file. */
export function chaosPage(report: ChaosReport): string {
  const { judged, faults, skipped, unbidden, samples, problems } = report;
  return renderReport({
    title: 'Penstock under chaos',
    verdict: {
      good: report.kept,
      headline: headlineOf(report),
      details: [...problems, ...troubleOf(report), ...(judged?.verdict.examples ?? [])],
    },
    facts: factsOf(report),
    command: report.again,
    seconds: report.seconds,
    plots: plotsOf(samples),
    marks: faults.map(({ what, lane, from, to }) => ({
      ...{ label: what, lane: lane.startsWith('answers') ? 'answers' : lane },
      ...{ from, to: to ?? report.seconds },
    })),
    tables: [
      {
        title: 'Faults',
        head: ['from', 'well again', 'what', 'what came of it'],
        rows: faults.map((fault) => [
          clockTime(fault.from),
          fault.to === undefined ? 'never' : clockTime(fault.to),
          fault.what,
          fault.problem ?? fault.outcome ?? '',
        ]),
        empty: 'There were none.',
      },
      {
        title: 'Services that ended by themselves',
        head: ['at', 'which', 'how', 'last error'],
        rows: unbidden.map(({ at, name, how, lastError }) => [clockTime(at), name, how, lastError]),
        empty: 'None did.',
      },
      {
        title: 'Faults that this machine cannot have',
        head: ['fault', 'why'],
        rows: skipped.map(({ name, why }) => [name, why]),
        empty: 'It can have all of them.',
      },
    ],
  });
}

/** A run whose faults did not happen as planned has shown less than it seems to. */
export function troubleOf({
  faults,
  plannedFaults,
}: Pick<ChaosReport, 'faults' | 'plannedFaults'>): string[] {
  const wrong = faults.filter(({ problem }) => problem !== undefined).length;
  const never = plannedFaults - faults.length;
  return [
    ...(wrong === 0 ? [] : [`${wrong} of ${faults.length} faults did not go as planned: see the table`]),
    ...(never === 0 ? [] : [`${never} of ${plannedFaults} planned faults never began`]),
  ];
}

export function headlineOf({ kept, sent, judged, cutShort }: ChaosReport): string {
  const short = cutShort ? ' The run was cut short.' : '';
  if (!judged) return `There is no verdict: nobody could judge.${short}`;
  if (!kept) return `The promise is broken.${short}`;
  const count = `${judged.verdict.arrived} of ${sent.acknowledgedClean}`;
  return `Kept: ${count} acknowledged events are in the master, once and in order.${short}`;
}

function factsOf(report: ChaosReport): (readonly [string, string])[] {
  const { sent, judged } = report;
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  return [
    ['seed', String(report.seed)],
    ['load', `${report.eventsPerSecond} events/s for ${report.minutes} min`],
    ['acknowledged', String(sent.acknowledged)],
    ['without an answer', String(sent.unknown)],
    ['resends', String(sent.resends)],
    ...(judged ? judgedFacts(judged) : []),
    ['latency p50, p99', `${ms(sent.latencyMs.p50)}, ${ms(sent.latencyMs.p99)}`],
    ['longest wait for an answer', ms(sent.latencyMs.max)],
    ['faults', String(report.faults.length)],
    ['machine', report.machine],
  ];
}

function judgedFacts({ verdict, balance, master }: Judged): (readonly [string, string])[] {
  return [
    ['lost', String(verdict.lost)],
    ['doubled', String(verdict.doubled)],
    ['changed', String(verdict.changed)],
    ['phantom', String(verdict.phantom)],
    ['out of order', String(verdict.outOfOrder)],
    ['balance', balanceOf(balance)],
    ['judge', `${master.judgedBy} (Java counts ${master.java}, ours ${master.ours})`],
  ];
}

function balanceOf({ events, clean, rejected, duplicates }: Judged['balance']): string {
  return `${events} = ${clean} clean + ${rejected} rejected + ${duplicates} duplicate`;
}

function plotsOf(samples: readonly Sample[]): Plot[] {
  const line = (value: (sample: Sample) => number | undefined): Point[] =>
    samples.map((sample) => [sample.second, value(sample)]);
  return [
    {
      ...{ title: 'Throughput', unit: 'events/s' },
      series: [
        { name: 'acknowledged', points: line((sample) => sample.acknowledgedPerSecond) },
        { name: 'arrived in the master', points: line((sample) => sample.masterPerSecond) },
      ],
    },
    {
      ...{ title: 'Latency of requests, from the moment they were due', unit: 'ms' },
      series: [
        { name: 'p50', points: line(({ latencyMs }) => latencyMs?.p50) },
        { name: 'p99', points: line(({ latencyMs }) => latencyMs?.p99) },
      ],
    },
    {
      ...{ title: 'Resends', unit: 'requests/s' },
      series: [{ name: 'resends', points: line((sample) => sample.resendsPerSecond) }],
    },
    {
      ...{ title: 'Lag of the filters', unit: 'requests in raw that are not committed' },
      series: [{ name: 'filters', points: line(({ filterLag }) => filterLag) }],
    },
    {
      ...{ title: 'Lag of the mirrors', unit: 'events of the datacenter that are not in the master' },
      series: [{ name: 'mirrors', points: line(({ mirrorLag }) => mirrorLag) }],
    },
    ...usagePlots(samples, 'the services, and of this program'),
  ];
}

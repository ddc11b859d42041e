import { type Point, renderReport } from '@penstock/test-report';
import type { LiveProgress } from '../send/send-totals.ts';
import type { SendOutcome } from './send-report.ts';

/** What was seen of a run, once a second. */
export class SendHistory {
  readonly acknowledged: Point[] = [];
  readonly bytes: Point[] = [];
  readonly resends: Point[] = [];
  readonly p50: Point[] = [];
  readonly p99: Point[] = [];
  #startedAt: number | undefined;
  #before: { at: number; acknowledged: number; bytes: number; resends: number } | undefined;

  /** `at` is of the monotonic clock, in ms. */
  note(progress: LiveProgress, at = performance.now()): void {
    // The first one comes a second after the start.
    this.#startedAt ??= at - 1_000;
    const before = this.#before ?? { at: this.#startedAt, acknowledged: 0, bytes: 0, resends: 0 };
    const passed = (at - before.at) / 1_000;
    // The last one of a run may come right behind the one before it.
    if (passed < 0.2) return;
    const second = (at - this.#startedAt) / 1_000;
    const { acknowledged, bytes, resends, recentLatencyMs } = progress;
    const isSilent = acknowledged === before.acknowledged;
    this.acknowledged.push([second, (acknowledged - before.acknowledged) / passed]);
    this.bytes.push([second, (bytes - before.bytes) / passed / 1e6]);
    this.resends.push([second, (resends - before.resends) / passed]);
    this.p50.push([second, isSilent ? undefined : recentLatencyMs.p50]);
    this.p99.push([second, isSilent ? undefined : recentLatencyMs.p99]);
    this.#before = { at, acknowledged, bytes, resends };
  }

  get seconds(): number {
    return this.acknowledged.at(-1)?.[0] ?? 0;
  }
}

/** The page of `send --report`. */
export function sendPage(outcome: SendOutcome, history: SendHistory, urls: readonly string[]): string {
  const { total, unsent, seed, ledger } = outcome;
  const isWhole = total.unknown + unsent === 0;
  const { p50, p99, p999, max } = total.latencyMs;
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  return renderReport({
    title: 'Load sent',
    verdict: {
      good: isWhole,
      headline: isWhole
        ? `${total.acknowledged} events acknowledged; every request was answered`
        : `${total.unknown} events have no answer, ${unsent} were not sent`,
      details: ['What became of them, `npm run load -- verify` says.'],
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
    ],
    marks: [],
    tables: [],
  });
}

import { ratioOf, spreadOf } from '../../statistics.ts';
import type { Spread } from '../../statistics.ts';
import type { Column, Row } from '../../table.ts';
import type { Outcome, Sample } from './rounds.ts';

/** Columns of what is measured per record. */
export const recordColumns: readonly Column[] = [
  { key: 'cpu', title: 'CPU us/record', digits: 2 },
  { key: 'ratio', title: 'x librdkafka', digits: 2 },
  { key: 'rate', title: 'records/s', digits: 0 },
  { key: 'megabytes', title: 'MB/s', digits: 0 },
  { key: 'p99', title: 'ack p99 ms', digits: 0 },
  { key: 'allocated', title: 'heap bytes/record', digits: 0 },
  { key: 'rss', title: 'peak RSS MB', digits: 0 },
];

export function recordRows(outcomes: readonly Outcome[], valueBytes: number): Row[] {
  const cpuOf = ({ samples }: Outcome) =>
    spreadOfAll(samples, ({ cpuMicrosPerRecord }) => cpuMicrosPerRecord);
  // Without kcat around it, where a compiler is.
  const native = outcomes.findLast(
    ({ contender, samples }) => contender.name.startsWith('librdkafka') && samples.length > 0,
  );
  const nativeCpu = native && cpuOf(native);
  return outcomes.map((outcome) => {
    const { contender, samples, trouble } = outcome;
    const cpu = cpuOf(outcome);
    if (cpu === null)
      return { name: contender.name, figures: {}, skipped: trouble ?? 'nothing was measured' };
    return {
      name: contender.name,
      figures: {
        cpu,
        ratio: nativeCpu ? ratioOf(cpu, nativeCpu) : null,
        rate: spreadOfAll(samples, ({ recordsPerSecond }) => recordsPerSecond),
        megabytes: medianOfAll(samples, ({ recordsPerSecond }) => (recordsPerSecond * valueBytes) / 1e6),
        p99: medianOfAll(samples, ({ latencyMs }) => latencyMs?.p99),
        allocated: medianOfAll(samples, ({ allocatedBytesPerRecord }) => allocatedBytesPerRecord),
        rss: medianOfAll(samples, ({ peakRssBytes }) => peakRssBytes && peakRssBytes / 1e6),
      },
    };
  });
}

/** Null when not every sample tells the figure. */
export function spreadOfAll(
  samples: readonly Sample[],
  figure: (sample: Sample) => number | undefined,
): Spread | null {
  const values = samples.map(figure).filter((value) => value !== undefined);
  return values.length > 0 && values.length === samples.length ? spreadOf(values) : null;
}

export function medianOfAll(
  samples: readonly Sample[],
  figure: (sample: Sample) => number | undefined,
): number | null {
  return spreadOfAll(samples, figure)?.median ?? null;
}

import type { Plot, Point } from '@penstock/test-report';
import type { Usage } from './process-usage.ts';

/** What processes took at a moment of a run. */
interface UsageSample {
  second: number;
  processes: Record<string, Usage>;
}

/** CPU and memory of each process, those of brokers apart: they are large, and there are many lines. */
export function usagePlots(samples: readonly UsageSample[], others: string): Plot[] {
  const names = [...new Set(samples.flatMap(({ processes }) => Object.keys(processes)))];
  const plot = (title: string, unit: string, some: string[], what: (usage: Usage) => number | undefined) => ({
    ...{ title, unit },
    series: some.map((name) => ({
      name,
      points: samples.map(({ second, processes }): Point => {
        const usage = processes[name];
        return [second, usage && what(usage)];
      }),
    })),
  });
  const brokers = names.filter((name) => name.includes('broker'));
  const rest = names.filter((name) => !name.includes('broker'));
  const cpu = ({ cpu: share }: Usage): number | undefined => share && share * 100;
  const rss = ({ rssMb }: Usage): number => rssMb;
  return [
    plot(`CPU of ${others}`, '% of a core', rest, cpu),
    plot('CPU of the brokers', '% of a core', brokers, cpu),
    plot(`Memory of ${others}`, 'MB resident', rest, rss),
    plot('Memory of the brokers', 'MB resident', brokers, rss),
  ].filter(({ series }) => series.length > 0);
}

import { clockTime } from '@penstock/test-report';
import type { PerformedFault } from '../strike/performer.ts';
import type { Sample } from './sampler.ts';

export interface Moment {
  leftSeconds: number;
  acknowledged: number;
  resends: number;
  sample: Sample | undefined;
  faults: readonly Pick<PerformedFault, 'what'>[];
}

/** '2:10 left  52040 acknowledged (998/s)  3 resends  filter lag 12  mirror lag 340  | pause-filter (all)' */
export function progressLine({ leftSeconds, acknowledged, resends, sample, faults }: Moment): string {
  const left = leftSeconds > 0 ? `${clockTime(leftSeconds)} left` : 'catching up';
  const parts = [
    left,
    `${acknowledged} acknowledged (${sample?.acknowledgedPerSecond ?? 0}/s)`,
    `${resends} resends`,
    `filter lag ${sample?.filterLag ?? '?'}`,
    `mirror lag ${sample?.mirrorLag ?? '?'}`,
  ];
  const now = faults.map(({ what }) => what).join(', ');
  return `${parts.join('  ')}  | ${now === '' ? 'no fault' : now}`;
}

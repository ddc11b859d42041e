import type { PlannedFault } from '../plan/plan.ts';
import type { Stage } from '../stage/stage.ts';
import type { Lasting } from './lasting.ts';

/** The filters look every half second. */
export async function strikeGeoip(
  { geoip }: Stage,
  { seconds }: PlannedFault,
  lasting: Lasting,
): Promise<string> {
  try {
    for (const variant of ['broken', 'other'] as const) {
      await geoip.put(variant);
      await lasting.seconds(seconds / 2);
    }
  } finally {
    await geoip.put('first');
  }
  return 'broken, then another, then the first again';
}

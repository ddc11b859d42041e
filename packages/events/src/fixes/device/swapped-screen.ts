import type { Fix } from '../../catalogue/fix.ts';
import { isJsonObject, type JsonObject } from '../../model/json.ts';
import type { FormatNumber } from '../../model/request.ts';
import { valueAt, withValueAt } from '../event-paths.ts';
import { examplesIn } from '../example-events.ts';
import { pathsOf } from '../field-paths.ts';

/**
 * The client read the size of the screen before the device was turned, and its orientation after. When the
 * two contradict each other, the sides are swapped.
 */
export const swappedScreen: Fix = {
  id: 'swapped-screen',
  issue: 'Width and height of the screen contradict the orientation (as snowplow-javascript-tracker#742)',
  clients: [{ name: 'penstock-android', versions: '>=1.8.0 <1.8.4' }],
  types: null,
  formats: [2, 3],
  outcome: 'repair',
  detect: (event, { format }) => contradicts(event, format),
  apply: (event, { format }) => {
    const screen = valueAt(event, pathsOf(format).screen);
    if (!isJsonObject(screen) || !contradicts(event, format)) return event;
    const { width, height } = screen;
    return withValueAt(event, pathsOf(format).screen, { ...screen, width: height, height: width });
  },
  since: '2026-11-28',
  retireWhen: 'no penstock-android before 1.8.4 has been seen for 90 days',
  examples: examplesIn([2, 3], {
    ...{ client: 'penstock-android', version: '1.8.3', outside: '1.8.4' },
    broken: { screen: { width: 2400, height: 1080 }, properties: { orientation: 'portrait' } },
    repaired: { screen: { width: 1080, height: 2400 }, properties: { orientation: 'portrait' } },
    healthy: { screen: { width: 2400, height: 1080 }, properties: { orientation: 'landscape' } },
  }),
};

function contradicts(event: JsonObject, format: FormatNumber): boolean {
  const screen = valueAt(event, pathsOf(format).screen);
  const orientation = valueAt(event, ['properties', 'orientation']);
  if (!isJsonObject(screen)) return false;
  const { width, height } = screen;
  if (typeof width !== 'number' || typeof height !== 'number') return false;
  return orientation === 'portrait' ? width > height : orientation === 'landscape' && width < height;
}

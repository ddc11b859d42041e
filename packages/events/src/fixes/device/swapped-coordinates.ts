import type { Fix } from '../../catalogue/fix.ts';
import type { JsonObject } from '../../model/json.ts';
import type { FormatNumber } from '../../model/request.ts';
import { valueAt, withValueAt } from '../event-paths.ts';
import { examplesIn } from '../example-events.ts';
import { pathsOf } from '../field-paths.ts';

/**
 * A few versions wrote longitude first. A latitude beyond 90 degrees proves it. Where both numbers could be
 * a latitude nobody can tell, because the bug depended on the provider of the location: those stay as they
 * are.
 */
export const swappedCoordinates: Fix = {
  id: 'swapped-coordinates',
  issue: 'Latitude and longitude are swapped (as wso2/product-iots#1423, Ushahidi_Web#1387)',
  clients: [{ name: 'penstock-ios', versions: '>=2.8.0 <2.8.3' }],
  types: null,
  formats: [2, 3],
  outcome: 'repair',
  detect: (event, { format }) => areSwapped(event, format),
  apply: (event, { format }) => {
    const { lat, lon } = pathsOf(format);
    const [latitude, longitude] = [valueAt(event, lat), valueAt(event, lon)];
    if (!areSwapped(event, format)) return event;
    return withValueAt(withValueAt(event, lat, longitude), lon, latitude);
  },
  since: '2026-11-28',
  retireWhen: 'no penstock-ios before 2.8.3 has been seen for 90 days',
  examples: examplesIn([2, 3], {
    ...{ client: 'penstock-ios', version: '2.8.2', outside: '2.8.3' },
    broken: { lat: 139.69, lon: 35.68 },
    repaired: { lat: 35.68, lon: 139.69 },
    healthy: { lat: 52.52, lon: 13.4 },
  }),
};

function areSwapped(event: JsonObject, format: FormatNumber): boolean {
  const { lat, lon } = pathsOf(format);
  const [latitude, longitude] = [valueAt(event, lat), valueAt(event, lon)];
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return false;
  return Math.abs(latitude) > 90 && Math.abs(latitude) <= 180 && Math.abs(longitude) <= 90;
}

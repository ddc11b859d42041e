import type { Event } from '@penstock/events';
import type { ExpectedEvent } from './probe.ts';

/** The names of the fields in which a clean event is not what its probe must become; empty: it is right. */
export function differences(event: Event, expected: ExpectedEvent): string[] {
  const wrong: string[] = [];
  if (event.event_type !== expected.eventType) wrong.push('event_type');
  if (event.source_format !== expected.sourceFormat) wrong.push('source_format');
  if (event.device_id !== expected.deviceId) wrong.push('device_id');
  if (event.fixes.length > 0 !== expected.repaired) wrong.push('fixes');
  const names = new Set([...Object.keys(event.properties), ...expected.properties.keys()]);
  for (const name of names) {
    const value = event.properties[name];
    if (value === undefined || String(value) !== expected.properties.get(name))
      wrong.push(`properties.${name}`);
  }
  return wrong;
}

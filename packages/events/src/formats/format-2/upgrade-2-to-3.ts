import type { Upgrade } from '../../catalogue/upgrade.ts';
import type { Format2 } from './format-2.ts';

/** Format 3 names the client once, and knows when a batch was sent, which format 2 never said. */
export const upgrade2To3: Upgrade = {
  from: 2,
  to: 3,
  up: (event) => {
    const { id, event: type, timestamp, context, properties } = event as unknown as Format2;
    const app = context?.app;
    const device = context?.device;
    const location = context?.location;
    return {
      message_id: orNone(id),
      type,
      time: orNone(timestamp),
      client: {
        name: app?.name,
        version: app?.version,
        platform: device?.platform,
        os: device?.os,
        os_version: device?.os_version,
        locale: context?.locale,
      },
      user_id: context?.user?.id,
      device_id: device?.id,
      session_id: context?.session?.id,
      screen: orNone(device?.screen),
      location: location ? { lat: location.latitude, lon: location.longitude } : undefined,
      properties: orNone(properties) as never,
    };
  },
};

/** An empty text is no value: see format 2. */
function orNone<T>(value: T): T | undefined {
  return value === '' ? undefined : value;
}

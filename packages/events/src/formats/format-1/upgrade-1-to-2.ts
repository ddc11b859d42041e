import type { JsonObject } from '../../model/json.ts';
import type { Upgrade } from '../../catalogue/upgrade.ts';
import type { Format1 } from './format-1.ts';

/** Beyond these a Date cannot be written (ECMA-262, 21.4.1.1). */
const dateMaxMs = 8.64e15;

/** Flat to nested: strings become numbers where format 2 has numbers, `p_x` becomes the property x. */
export const upgrade1To2: Upgrade = {
  from: 1,
  to: 2,
  up: (event) => {
    const flat = withoutEmpty(event) as unknown as Format1;
    return {
      id: flat.eid,
      event: flat.e,
      timestamp: isoTime(flat.dtm),
      context: {
        app: { name: flat.cn, version: flat.cv },
        device: {
          id: flat.did,
          platform: flat.p,
          os: flat.os,
          os_version: flat.osv,
          screen: screenOf(flat.res),
        },
        user: { id: flat.uid },
        session: { id: flat.sid },
        location: locationOf(flat.lat, flat.lon),
        locale: flat.lang,
      },
      properties: propertiesOf(event),
    };
  },
};

/** Pixels write every parameter, also those without a value. Properties may be empty. */
function withoutEmpty(event: JsonObject): JsonObject {
  let hasEmpty = false;
  for (const name in event) if (event[name] === '') hasEmpty = true;
  if (!hasEmpty) return event;
  return Object.fromEntries(Object.entries(event).filter(([, value]) => value !== ''));
}

/** Anything but a number of milliseconds stays as it is. The time correction will judge it. */
function isoTime(milliseconds: string | null | undefined): string | undefined {
  if (milliseconds === undefined || milliseconds === null) return undefined;
  const time = /^-?\d{1,16}$/.test(milliseconds) ? Number(milliseconds) : Number.NaN;
  return Math.abs(time) <= dateMaxMs ? new Date(time).toISOString() : milliseconds;
}

function screenOf(size: string | null | undefined): JsonObject | undefined {
  if (typeof size !== 'string') return undefined;
  const cross = size.indexOf('x');
  return { width: Number(size.slice(0, cross)), height: Number(size.slice(cross + 1)) };
}

function locationOf(lat: string | null | undefined, lon: string | null | undefined): JsonObject | undefined {
  return typeof lat === 'string' && typeof lon === 'string'
    ? { latitude: Number(lat), longitude: Number(lon) }
    : undefined;
}

function propertiesOf(event: JsonObject): JsonObject {
  const properties: JsonObject = {};
  for (const name in event) if (name.startsWith('p_')) properties[name.slice(2)] = event[name];
  return properties;
}
